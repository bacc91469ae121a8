# Runs in the user's namespace, so it binds no name. Silent when Cellmill was uninstalled by hand.
try:
    get_ipython().extension_manager.load_extension("cellmill")  # noqa: F821
except ModuleNotFoundError:
    pass
