"""Writes down what each task did, one JSON line each, for the test that runs the playbook."""

import json
import os

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: changes
type: notification
short_description: what each task did
description: Writes one JSON line for each task to the file that is named by CHANGES_FILE.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "changes"

    def v2_runner_on_ok(self, result):
        self._note(result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._note(result, failed=not ignore_errors)

    def _note(self, result, failed=False):
        note = {
            "task": result._task.get_name(),
            "tags": list(result._task.tags),
            "changed": bool(result._result.get("changed")),
            "failed": failed,
        }
        with open(os.environ["CHANGES_FILE"], "a", encoding="utf-8") as file:
            file.write(json.dumps(note) + "\n")
