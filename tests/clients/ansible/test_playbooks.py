"""Playbooks build a site with the modules of `ovirt.ovirt`, twice, and take it down again.

Which story is told says `STORY`: a folder with `build.yml`, `look.yml` and `remove.yml`.
"""

import json
import os
import pathlib
import subprocess
import sys

import ovirtsdk4 as sdk
import pytest

HERE = pathlib.Path(__file__).parent
STORY = HERE / os.environ.get("STORY", "site")
LOGIN = {
    "url": os.environ.get("ENGINE_URL", "https://127.0.0.1:8443/ovirt-engine/api"),
    "username": os.environ.get("ENGINE_USERNAME", "admin@internal"),
    "password": os.environ.get("ENGINE_PASSWORD", "secret"),
    "ca_file": os.environ.get("ENGINE_CA_FILE", "simulated-ca.pem"),
}
# What stays of everything that was: the journal. Of volume providers the engine has no list.
NOT_COMPARED = {"events", "jobs", "imagetransfers", "openstackvolumeproviders"}


@pytest.fixture(scope="session")
def play(tmp_path_factory):
    """Plays a part of the story and returns what its tasks did."""
    folder = tmp_path_factory.mktemp("ansible")

    def play(name):
        notes = folder / "notes"
        notes.unlink(missing_ok=True)
        environment = {
            **os.environ,
            "ANSIBLE_HOME": str(folder),
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callbacks"),
            "ANSIBLE_CALLBACKS_ENABLED": "changes",
            "ANSIBLE_PIPELINING": "1",
            "ANSIBLE_DEPRECATION_WARNINGS": "0",
            "ANSIBLE_LOCALHOST_WARNING": "0",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "0",
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            "CHANGES_FILE": str(notes),
            "OVIRT_URL": LOGIN["url"],
            "OVIRT_USERNAME": LOGIN["username"],
            "OVIRT_PASSWORD": LOGIN["password"],
            "OVIRT_CAFILE": LOGIN["ca_file"],
        }
        ansible = str(pathlib.Path(sys.executable).with_name("ansible-playbook"))
        given = f"part={STORY / name}.yml folder={folder}"
        command = [sys.executable, ansible, str(HERE / "play.yml"), "--extra-vars", given]
        run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
        return [json.loads(line) for line in notes.read_text(encoding="utf-8").splitlines()]

    return play


def everything():
    """All objects that the engine's root leads to."""
    connection = sdk.Connection(**LOGIN)
    seen = set()
    for path in sorted({it.partition("_service")[0] for it in dir(connection.system_service())}):
        service = getattr(connection.system_service(), f"{path}_service", None)
        collection = service() if service else None
        if path.replace("_", "") in NOT_COMPARED or not hasattr(collection, "list"):
            continue
        seen |= {(path, it.id, it.name) for it in collection.list() if it.id}
    connection.close()
    return seen


def changed(notes):
    return [it["task"] for it in notes if it["changed"]]


def test_a_story(play):
    """One test, for each playbook rests on those before it."""
    before = everything()

    first = play("build")
    assert changed(first)

    second = play("build")
    expected = [it for it in second if "never_idempotent" not in it["tags"]]
    assert changed(expected) == [], "the second run changed something"

    looked = play("look")
    assert changed(looked) == []

    play("remove")
    after = everything()
    assert after - before == set(), "something is left over"
    assert before - after == set(), "something is gone that was there before"
