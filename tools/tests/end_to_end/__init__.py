"""Runs the built program the way its users do: their own data, bad input, crashes, the server.

Each file has the tests of one theme. tools/tests/end-to-end.sh starts them.
"""
