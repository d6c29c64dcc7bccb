import signal

from hypothesis import HealthCheck, settings

pytest_plugins = ["pytester"]

# A shell starts a background job with SIGINT ignored, and children inherit that: tests interrupt
# programs by SIGINT, so it means here what it means to a program in the foreground.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How fast a busy machine draws examples is not what is tested.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")
