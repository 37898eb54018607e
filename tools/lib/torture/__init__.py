"""What tools/torture runs: suites that damage stores and interrupt the program on purpose."""
