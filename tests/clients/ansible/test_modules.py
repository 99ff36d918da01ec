"""Every module of the collection is played in each of its states, or there is a reason why not."""

import ast
import pathlib

import ansible_collections.ovirt.ovirt.plugins.modules as collection
import yaml
from jinja2 import Template

HERE = pathlib.Path(__file__).parent
# Why a module is not brought into a state; a module without a state: into none.
LEFT_OUT = {
    "ovirt_disk exported": "needs an image provider of Glance",
    "ovirt_disk imported": "needs an image provider of Glance",
}


def plays():
    """What is played: each module with the states that it is told, or with none."""
    for file in sorted(HERE.glob("**/*.yml")):
        yield from tasks(yaml.safe_load(file.read_text(encoding="utf-8")))


def tasks(of):
    """What is played in a list of plays or tasks, however deep."""
    for entry in of:
        for word, value in entry.items():
            if word.startswith("ovirt.ovirt."):
                state = (value or {}).get("state", "")
                for item in looped(entry):
                    yield word.removeprefix("ovirt.ovirt."), Template(state).render(item=item)
            elif word in ("tasks", "block"):
                yield from tasks(value)


def looped(task):
    """What a task is played with, one after the other."""
    loop = task.get("loop")
    return loop if isinstance(loop, list) else [None]


def states(source):
    """The states that a module knows, the usual one first; an info module has none."""
    for word in ast.walk(ast.parse(source)):
        if isinstance(word, ast.keyword) and word.arg == "state" and is_dict(word.value):
            given = {it.arg: ast.literal_eval(it.value) for it in word.value.keywords}
            usual = given["default"]
            return [usual, *(it for it in given["choices"] if it != usual)]
    return [""]


def is_dict(call):
    return isinstance(call, ast.Call) and getattr(call.func, "id", None) == "dict"


def test_no_module_is_forgotten():
    folder = pathlib.Path(collection.__path__[0])
    files = sorted(folder.glob("ovirt_*.py"))
    modules = {it.stem: states(it.read_text(encoding="utf-8")) for it in files}
    assert len(modules) > 50
    wanted = {f"{it} {state}".strip() for it, known in modules.items() for state in known}
    played = {f"{it} {state or modules[it][0]}".strip() for it, state in plays()}
    assert sorted(wanted - played - set(LEFT_OUT)) == [], "played by no playbook"
    assert sorted(set(LEFT_OUT) - wanted) == [], "there is no such state"
    assert sorted(set(LEFT_OUT) & played) == [], "played, though there is a reason why not"
