"""Contracts of a wrong form are refused with sentences, in little time and memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from loadtests.contract import REFERENCE, compile_calls, read_contract
from sim.core.errors import InvalidInput

TEXT = REFERENCE.read_text(encoding="utf-8")
START = """\
contract: 1
info: {title: mine, version: "1"}
verbs:
  start:
    method: POST
    path: /cases
    successCriteria: [{condition: $statusCode == 201}]
"""


@pytest.fixture
def refusal(tmp_path: Path) -> Callable[[str | bytes], list[str]]:
    """A function that gives the sentences with which a contract is refused."""

    def refusal(content: str | bytes) -> list[str]:
        file = tmp_path / "mine.yaml"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return _refusal(file)

    return refusal


def _refusal(file: Path) -> list[str]:
    """Return the sentences with which a contract is refused."""
    with pytest.raises(InvalidInput) as caught:
        compile_calls(read_contract(file), "h", environment={})
    return [str(problem).removeprefix(str(file).replace("\0", r"\x00")) for problem in caught.value.problems]


def _nested(depth: int) -> str:
    return "contract: 1\nverbs: " + "[" * depth + "]" * depth


LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{chr(ord(name) - 1)}'] * 9)}]\n" for name in "bcdefghi"
)
SHAPES = {
    "empty": ("", ':1: must hold keys such as "contract:" at its top; found nothing'),
    "a list": ("- contract: 1\n", "found a list"),
    "a number": ("3\n", "found a single value"),
    "text": ("hello\n", "found a single value"),
    "null": ("null\n", "found nothing"),
    "zeros": ("\0" * 100, "is not valid YAML"),
    "no UTF-8": (b"contract: \xff\n", "is not UTF-8 text"),
    "cut off": (TEXT[: TEXT.rindex("successCriteria")], "successCriteria: is missing"),
    "cut off within a word": ("contract: [1", "is not valid YAML"),
    "brackets": (_nested(5000), "more than 100 brackets stand one in another"),
    "open brackets": ("[" * 100_000, "more than 100 brackets stand one in another"),
    "dashes": ("contract: 1\nverbs:\n  " + "- " * 5000, "is not valid YAML"),
    "itself": ("contract: &a [*a]\n", "contract: Input should be 1"),
    "aliases of aliases": (LAUGHS, "holds more than 1000000 values through its aliases"),
    "too large": (TEXT * 20, ": is larger than 128 kB; a contract has some 10 kB"),
    "a key twice": (START + "contract: 1\n", 'found duplicate key "contract"'),
    "numbers for texts": (
        START.replace("POST", "1").replace("/cases", "2"),
        "verbs.start.path: Input should be a valid string",
    ),
    "a text for a mapping": (
        START.replace('{title: mine, version: "1"}', "mine"),
        ":2: info: Input should be a valid dictionary",
    ),
    "a mapping for a list": (
        START.replace("[{condition: $statusCode == 201}]", "{a: 1}"),
        "successCriteria: Input should be",
    ),
    "a huge number": ("contract: " + "9" * 5000, "is not valid YAML: a number has 5,000 digits, and the limit is 400"),
    "infinity": (START + "    timeout: .inf\n", "verbs.start.timeout: "),
    "not a number": (START + "    retry: {retryAfter: .nan}\n", "verbs.start.retry.retryAfter: "),
    "infinity in a body": (START + "    requestBody: {payload: {a: .inf}}\n", "payload: inf is not a number of JSON"),
    "half a character": (START + '    requestBody: {payload: {a: "\\ud800"}}\n', "payload: holds half a character"),
    "a long condition": (
        START.replace("$statusCode == 201", "'" + "&a" * 20_000 + "'"),
        "condition: has 40,000 characters; at most 10,000",
    ),
    "a long template": (
        START + f"    requestBody: {{payload: '{'{$a}' * 5_000}'}}\n",
        "payload: has 20,000 characters",
    ),
    "a path with a space": (START.replace("/cases", "/my cases"), "path: a path has no spaces"),
    "a path with two lines": (START.replace("/cases", '"/x\\r\\nA: b"'), "path: a path has no spaces"),
    "a header's name": (START + '    headers: {"A: b\\r\\nC": d}\n', "is not the name of a header"),
    "a header that is ours": (
        START + "    headers: {Content-Length: 3}\n",
        "Content-Length is set by the load test itself",
    ),
    "a content type": (START + '    requestBody: {payload: 1, contentType: "a\\nb: c"}\n', "is not a content type"),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_file_of_another_form_is_refused_with_a_sentence(
    refusal: Callable[[str | bytes], list[str]], name: str
) -> None:
    content, sentence = SHAPES[name]
    assert any(sentence in problem for problem in refusal(content)), refusal(content)


def test_many_problems_are_shown_as_far_as_a_reader_gets(refusal: Callable[[str | bytes], list[str]]) -> None:
    sentences = refusal(START + "".join(f"k{number}: 1\n" for number in range(5000)))
    assert len(sentences) == 101
    assert sentences[-1] == ": has more problems than the first 100, which stand above"


@pytest.mark.parametrize("file", ["/dev/zero", "/dev/null", "fifo", "folder"])
def test_what_is_no_file_is_not_read(tmp_path: Path, file: str) -> None:
    """A device or a pipe may have no end."""
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    assert _refusal(tmp_path / file) == [": is not a file; give a YAML file with a contract"]


@pytest.mark.parametrize("name", ["missing", "a" * 300, "zero\0"])
def test_what_is_not_there_is_not_read(tmp_path: Path, name: str) -> None:
    (sentence,) = _refusal(tmp_path / name)
    assert sentence.startswith((": there is no such file", ": cannot be read: "))


@pytest.mark.parametrize("value", ["a\r\nB: c", "a\0", "a\n", "a\u20ac"])
def test_a_secret_that_no_header_can_hold_is_refused(value: str) -> None:
    """Otherwise no request would be sent, and nobody would know why."""
    contract = read_contract().model_copy(update={"headers": {"Authorization": "Bearer ${env:TOKEN}"}})
    with pytest.raises(InvalidInput, match="the environment variable TOKEN holds a line break"):
        compile_calls(contract, "h", environment={"TOKEN": value})


BOUNDED = """
import json, resource, sys, time
from pathlib import Path
from loadtests.contract import read_contract
from sim.core.errors import InvalidInput
read_contract()
before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
try:
    read_contract(Path(sys.argv[1]))
except InvalidInput as error:
    refused = len(error.problems)
print(json.dumps([refused, time.process_time() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before]))
"""
LARGEST = {
    "keys": START + "".join(f"k{number}: 1\n" for number in range(12_000)),
    "verbs": START + "".join(f"  v{number}: 1\n" for number in range(11_000)),
    "items": "contract: [" + "1," * 60_000 + "1]\n",
    "anchors": START + "".join(f"k{number}: &x 1\n" for number in range(8_000)),
    "aliases": LAUGHS.partition("\ng:")[0] + "\ncontract: 2\n",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGEST)
def test_the_largest_files_take_little_time_and_memory(tmp_path: Path, name: str) -> None:
    """Processor time, since other tests run beside this one; memory in kB."""
    file = tmp_path / "mine.yaml"
    file.write_text(LARGEST[name], encoding="utf-8")
    done = subprocess.run([sys.executable, "-c", BOUNDED, str(file)], check=True, capture_output=True, text=True)
    refused, seconds, memory = json.loads(done.stdout)
    assert refused
    assert seconds < 20
    assert memory < 400_000
