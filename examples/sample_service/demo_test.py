"""The script of ./dev demo when something is in its way."""

import contextlib
import os
import signal
import socket
import unittest

import programs
from programs import Program


class DemoTest(unittest.TestCase):
    commands = {"server": "twofold-server", "page": "twofold-prompt", "sample": "app.py"}

    def setUp(self):
        self.ports = {flag: programs.free_port() for flag in ("--server_port", "--page_port", "--port")}

    def start(self):
        flags = [str(part) for one in self.ports.items() for part in one]
        demo = Program(programs.DEMO, programs.ROOT, *flags)
        self.addCleanup(demo.end)
        return demo

    def test_a_taken_port_is_named_with_its_flag(self):
        for flag, port in self.ports.items():
            with socket.create_server(("127.0.0.1", port)):
                demo = self.start()
                self.assertEqual(demo.process.wait(30), 1)
            self.assertEqual(demo.output(), f"demo: another program has port {port}. "
                                            f"Choose another port with {flag} N.\n")

    def test_a_program_that_ends_is_noticed(self):
        for name in self.commands:
            demo = self.start().wait_until("Ctrl-C ends the demo")
            os.kill(self.child(demo, name), signal.SIGKILL)
            self.assertEqual(demo.process.wait(30), 1)
            self.assertIn(f"demo: {name} has ended. The end of its log:", demo.output())

    def test_a_program_that_ends_while_others_start_is_noticed(self):
        demo = self.start()
        programs.wait_for(lambda: self.child(demo, "page"), "the page does not start")
        os.kill(self.child(demo, "server"), signal.SIGKILL)
        self.assertEqual(demo.process.wait(30), 1)
        self.assertIn("demo: server has ended. The end of its log:", demo.output())

    def child(self, demo, name):
        """The process id of one of its programs, or None."""
        for child in demo.children():
            command = f"/proc/{child}/cmdline"
            with contextlib.suppress(FileNotFoundError), open(command, encoding="utf-8") as file:
                if self.commands[name] in file.read():
                    return child
        return None


if __name__ == "__main__":
    unittest.main()
