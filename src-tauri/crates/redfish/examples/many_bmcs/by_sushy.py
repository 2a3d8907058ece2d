"""What `many_bmcs read` does, with sushy (PyPI): one thread for each BMC in flight.

Arguments: how many BMCs at once, and the folder that `many_bmcs serve` filled. As there, the wall
time ends when the last inventory is in hand, and no BMC waits for the end of another's session:
threads of their own delete it. Prints lines of `name value`.
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import sushy
import sushy.auth


def inventory(folder, port):
    """Reads it; what is given back ends the session."""
    auth = sushy.auth.SessionOrBasicAuth("root", "benchmark-password")
    conn = sushy.Sushy(
        f"https://127.0.0.1:{port}", auth=auth, verify=f"{folder}/certificate.pem")
    (system,) = conn.get_system_collection().get_members()
    (storage,) = system.storage.get_members()
    (drive,) = storage.drives
    (manager,) = conn.get_manager_collection().get_members()
    (slot,) = manager.virtual_media.get_members()
    (chassis,) = conn.get_chassis_collection().get_members()
    told = (system.model, drive.capacity_bytes, manager.firmware_version, slot.media_types,
            chassis.chassis_type)
    assert all(told), told
    return auth.close


def main(at_once, folder):
    with open(f"{folder}/ports", encoding="ascii") as file:
        ports = file.read().split()
    begun = time.monotonic()
    with (ThreadPoolExecutor(max_workers=int(at_once)) as readers,
          ThreadPoolExecutor(max_workers=int(at_once)) as leavers):
        def read(port):
            return leavers.submit(inventory(folder, port))
        goodbyes = [done.result() for done in [readers.submit(read, port) for port in ports]]
        wall = time.monotonic() - begun
        for goodbye in goodbyes:
            goodbye.result()
        ended = time.monotonic() - begun
    print(f"wall_s {wall:.3f}")
    print(f"ended_s {ended:.3f}")
    print(f"cpu_s {time.process_time():.2f}")
    with open("/proc/self/status", encoding="ascii") as file:
        peak = next(line for line in file if line.startswith("VmHWM:"))
    print(f"peak_kib {peak.split()[1]}")


main(*sys.argv[1:])
