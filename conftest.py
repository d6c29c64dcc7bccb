pytest_plugins = ["gonogo.pytest_plugin"]
