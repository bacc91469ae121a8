"""Kernels forked from a process that has imported already: a start costs the fork, not the imports.

places.py      where servers lie, and which of them serves a request
server.py      the process that imports, forks and waits; it never runs anything else
requests.py    what goes between a client and a server
preload.py     imports in it, and what makes an import unfit for it
kernel_modules.py  what every kernel imports, whatever its notebook is about
hidden.py      what was imported ahead, out of sight until it is imported
child.py       from the fork to a kernel that is as a cold one
client.py      asks for a fork, and starts servers
provisioner.py the same for whoever starts kernels through jupyter_client
"""
