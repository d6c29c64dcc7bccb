import signal

pytest_plugins = ["pytester"]

# A shell starts a background job with SIGINT ignored, and children inherit that: tests interrupt
# programs by SIGINT, so it means here what it means to a program in the foreground.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
