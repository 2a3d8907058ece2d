"""What `many_bmcs read` does, with sushy (PyPI): one thread for each BMC in flight.

Arguments: how many BMCs at once, and the folder that `many_bmcs serve` filled. sushy deletes its
session by itself. Prints lines of `name value`.
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import sushy


def inventory(folder, port):
    conn = sushy.Sushy(
        f"https://127.0.0.1:{port}", username="root", password="benchmark-password",
        verify=f"{folder}/certificate.pem")
    (system,) = conn.get_system_collection().get_members()
    (storage,) = system.storage.get_members()
    (drive,) = storage.drives
    (manager,) = conn.get_manager_collection().get_members()
    (slot,) = manager.virtual_media.get_members()
    (chassis,) = conn.get_chassis_collection().get_members()
    told = (system.model, drive.capacity_bytes, manager.firmware_version, slot.media_types,
            chassis.chassis_type)
    assert all(told), told


def main(at_once, folder):
    with open(f"{folder}/ports", encoding="ascii") as file:
        ports = file.read().split()
    begun = time.monotonic()
    with ThreadPoolExecutor(max_workers=int(at_once)) as pool:
        for done in [pool.submit(inventory, folder, port) for port in ports]:
            done.result()
    print(f"wall_s {time.monotonic() - begun:.3f}")
    print(f"cpu_s {time.process_time():.2f}")
    with open("/proc/self/status", encoding="ascii") as file:
        peak = next(line for line in file if line.startswith("VmHWM:"))
    print(f"peak_kib {peak.split()[1]}")


main(*sys.argv[1:])
