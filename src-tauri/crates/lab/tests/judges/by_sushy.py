"""Whether sushy (PyPI), which knows nothing of us, gets along with the lab's IMC.

Arguments: `host:port` of the service, the fingerprint of its certificate (`SHA256:…`), the URL of
an image that it can fetch. On standard input: the user name, and the password, a line each. Exit
code 77: not installed.

The IMC's certificate is self-signed. It is fetched, compared with the fingerprint, and from there on
the only authority that sushy accepts.
"""

import base64
import hashlib
import ssl
import sys
import tempfile
import time

try:
    import sushy
    from sushy import exceptions
except ImportError:
    sys.exit(77)


def until(what, true):
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.05)


def slot_of(system):
    (slot,) = system.virtual_media.get_members()
    return slot


def certificate_of(address, fingerprint):
    host, port = address.rsplit(":", 1)
    pem = ssl.get_server_certificate((host, int(port)))
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).digest()
    seen = "SHA256:" + base64.b64encode(digest).decode().rstrip("=")
    assert seen == fingerprint, f"another certificate: {seen}"
    return pem


def main(address, fingerprint, image):
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as certificate:
        certificate.write(certificate_of(address, fingerprint))
        certificate.flush()
        judge(f"https://{address}", certificate.name, image)


def judge(url, certificate, image):
    user, password = (line.strip() for line in sys.stdin)
    # Its default: a session, which it makes and deletes by itself.
    conn = sushy.Sushy(url, username=user, password=password, verify=certificate)
    assert conn._auth.can_refresh_session(), "it made no session"
    assert conn.redfish_version == "1.21.0", conn.redfish_version

    (system,) = conn.get_system_collection().get_members()
    assert system.system_type == sushy.SYSTEM_TYPE_DPU, system.system_type
    assert system.status.health == sushy.HEALTH_OK, system.status
    allowed = {value.value for value in system.get_allowed_reset_system_values()}
    assert allowed == {"GracefulShutdown", "GracefulRestart"}, allowed
    (manager,) = conn.get_manager_collection().get_members()
    assert manager.firmware_version, "a manager without a firmware version"
    allowed = {value.value for value in manager.get_allowed_reset_manager_values()}
    assert allowed == {"ForceRestart"}, allowed

    system.set_system_boot_options(
        target=sushy.BOOT_SOURCE_TARGET_CD, enabled=sushy.BOOT_SOURCE_ENABLED_ONCE)
    system.refresh(force=True)
    assert system.boot.target == sushy.BOOT_SOURCE_TARGET_CD, system.boot
    assert system.boot.enabled == sushy.BOOT_SOURCE_ENABLED_ONCE, system.boot
    try:
        system.set_system_boot_options(enabled=sushy.BOOT_SOURCE_ENABLED_DISABLED)
        raise AssertionError("an IMC takes no Disabled")
    except exceptions.BadRequestError:
        pass

    slot = slot_of(system)
    assert slot.inserted is False and sushy.VIRTUAL_MEDIA_CD in slot.media_types, slot.json
    # Without the transfer method an IMC refuses, and sushy's own second try (Stream) too.
    try:
        slot.insert_media(image)
        raise AssertionError("an IMC takes no insert without Upload")
    except exceptions.BadRequestError:
        pass
    slot.insert_media(image, transfer_method="Upload")
    until("the insert", lambda: slot_of(refreshed(system)).inserted)
    slot = slot_of(system)
    assert slot.image_name == image.rsplit("/", 1)[1], slot.json
    tasks = conn.get_task_service().tasks.get_members()
    assert tasks and tasks[-1].task_state == sushy.TASK_STATE_COMPLETED, tasks
    slot.eject_media()
    until("the eject", lambda: not slot_of(refreshed(system)).inserted)

    session = conn._auth._session_resource_id
    conn._auth.close()
    conn = sushy.Sushy(url, auth=sushy.auth.BasicAuth(user, password), verify=certificate)
    try:
        conn.get_session(session)
        raise AssertionError("the session is still there")
    except exceptions.ResourceNotFoundError:
        pass
    # Not a wrong password: the IMC takes its time for those, and sushy tries twice.
    print("sushy is content")


def refreshed(system):
    system.refresh(force=True)
    system.virtual_media.refresh(force=True)
    for slot in system.virtual_media.get_members():
        slot.refresh(force=True)
    return system


main(*sys.argv[1:])
