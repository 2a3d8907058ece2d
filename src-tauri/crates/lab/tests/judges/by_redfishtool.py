"""Whether DMTF's redfishtool (PyPI) gets along with the lab's IMC.

Arguments: `host:port` of the service. On standard input: the user name, and the password, a line
each. Exit code 77: not installed.

redfishtool checks no certificate, and has no option for it (`verify=False` stands in its source).
So its TLS is no part of the judgement; that the server is the right one is sushy's and our own
client's to check. It runs on loopback, with the lab's own password.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile

TOOL = shutil.which("redfishtool")


class Tool:
    def __init__(self, rhost, config, auth):
        self.options = ["-r", rhost, "-c", config, "-A", auth, "-S", "Always", "-T", "30"]

    def ask(self, *words):
        done = subprocess.run(
            [TOOL, *self.options, *words], capture_output=True, text=True, timeout=120, check=False)
        return done.returncode, done.stdout, done.stderr

    def read(self, *words):
        code, out, err = self.ask(*words)
        assert code == 0, f"redfishtool {' '.join(words)}: {code}\n{out}\n{err}"
        return json.loads(out) if out.strip().startswith("{") else out

    def refused(self, *words):
        code, out, _ = self.ask(*words)
        assert code != 0, f"redfishtool {' '.join(words)} was not refused:\n{out}"


def judge(tool):
    root = tool.read("root")
    assert root["Name"] == "Intel IPU Redfish Service", root
    assert root["Systems"]["@odata.id"] == "/redfish/v1/Systems", root
    assert "v1" in tool.read("versions"), "GET /redfish"
    system = tool.read("Systems", "-1")
    assert system["SystemType"] == "DPU", system
    assert system["Id"] == "1", system
    by_id = tool.read("Systems", "-I1")
    assert by_id["@odata.id"] == system["@odata.id"], by_id
    manager = tool.read("Managers", "-1")
    assert manager["ManagerType"] == "ManagementController", manager
    tool.read("AccountService")
    sessions = tool.read("SessionService")
    assert sessions["SessionTimeout"] == 30, sessions

    slot = "/redfish/v1/Systems/1/VirtualMedia/1"
    assert tool.read("raw", "GET", slot)["Inserted"] is False
    # It sends the mode along, which an IMC refuses as it was recorded to; without it all is well.
    tool.refused("Systems", "-1", "setBootOverride", "Continuous", "Utilities")
    wanted = {"BootSourceOverrideEnabled": "Continuous", "BootSourceOverrideTarget": "Utilities"}
    tool.read("raw", "PATCH", "/redfish/v1/Systems/1", "-d", json.dumps({"Boot": wanted}))
    boot = tool.read("Systems", "-1")["Boot"]
    assert boot["BootSourceOverrideTarget"] == "Utilities", boot
    tool.refused("Systems", "-1", "setBootOverride", "Once", "Pxe")
    tool.refused("Systems", "-1", "reset", "PushPowerButton")
    tool.refused("raw", "GET", "/redfish/v1/Chassis")
    tool.refused("raw", "POST", slot + "/Actions/VirtualMedia.EjectMedia", "-d", "{}")


def main(rhost):
    if TOOL is None:
        sys.exit(77)
    user, password = (line.strip() for line in sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        # Beside the arguments, where a password has no place.
        config = os.path.join(folder, "config.json")
        with open(config, "w", encoding="utf-8") as file:
            json.dump({"user": user, "password": password}, file)
        for auth in ("Basic", "Session"):
            judge(Tool(rhost, config, auth))
    print("redfishtool is content")


main(*sys.argv[1:])
