"""The ledger keeps every attempt, also when the generator is killed."""

from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from loadtests.contract import AnswerClass, Verb
from loadtests.ledger import Attempt, LedgerWriter, read_ledger, save_ledger
from loadtests.run.quantiles import quantiles
from loadtests.run.result import Run, measure
from sim.core.errors import CannotWrite, SojournError
from tests.support.conductor_runs import trace_from

RUN = Run("r", "http://h", "c", 1.0, 1, lag_limit=0.05)


def entry(journey: int, seq: int, due: float, **more: object) -> Attempt:
    verb = Verb.START if seq == 1 else Verb.EVENT
    return Attempt(due=due, ready=due, journey=journey, seq=seq, verb=verb, **more)  # type: ignore[arg-type]


def answered(journey: int, seq: int, due: float, answer_class: AnswerClass = AnswerClass.OK, **more: object) -> Attempt:
    return entry(journey, seq, due, began=due + 0.001, ended=due + 0.011, answer_class=answer_class, status=201, **more)


def test_the_last_record_of_an_attempt_stands_for_it(tmp_path: Path) -> None:
    writer = LedgerWriter(tmp_path / "live", 0)
    writer.note(entry(0, 1, 0.0))
    writer.note(entry(1, 1, 0.5))
    writer.note(answered(0, 1, 0.0))
    writer.keep(0, 1, {"start.journey": "j"})
    writer.close()
    ledger = read_ledger(tmp_path / "live")
    assert ledger["kind"].tolist() == [AnswerClass.OK, AnswerClass.UNKNOWN]
    assert ledger["journey"].tolist() == [0, 1]
    assert ledger.outputs == {0: {"start.journey": "j"}}


def test_what_was_flushed_survives_a_kill_and_a_torn_record_is_left_out(tmp_path: Path) -> None:
    writer = LedgerWriter(tmp_path, 0)
    writer.note(answered(0, 1, 0.0))
    writer.keep(0, 1, {"start.journey": "j"})
    writer.flush()
    writer.note(answered(0, 2, 1.0))  # never flushed
    for path in tmp_path.iterdir():
        with path.open("ab") as file:
            file.write(b"[1,")
    assert len(read_ledger(tmp_path)) == 1
    assert read_ledger(tmp_path).outputs == {0: {"start.journey": "j"}}
    writer.close()


def test_several_generators_make_one_ledger_in_order_of_due(tmp_path: Path) -> None:
    for index in range(3):
        writer = LedgerWriter(tmp_path, index)
        writer.note(answered(index, 1, 3.0 - index))
        writer.close()
    assert read_ledger(tmp_path)["due"].tolist() == [1.0, 2.0, 3.0]


def test_nothing_written_is_an_empty_ledger(tmp_path: Path) -> None:
    assert len(read_ledger(tmp_path)) == 0


def test_it_becomes_one_parquet_file(tmp_path: Path) -> None:
    writer = LedgerWriter(tmp_path, 0)
    writer.note(answered(0, 1, 0.0))
    writer.note(answered(0, 2, 1.0, AnswerClass.TIMEOUT))
    writer.keep(0, 1, {"start.journey": "j"})
    writer.close()
    path = tmp_path / "ledger.parquet"
    save_ledger(read_ledger(tmp_path), path)
    table = pq.read_table(path).to_pydict()
    assert table["verb"] == ["start", "event"]
    assert table["kind"] == ["ok", "timeout"]
    assert table["outputs"] == ['{"start.journey": "j"}', None]
    assert table["ended"] == [0.011, 1.011]


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(CannotWrite):
        LedgerWriter(tmp_path / "file" / "live", 0)
    with pytest.raises(CannotWrite):
        save_ledger(read_ledger(tmp_path), tmp_path / "no" / "ledger.parquet")


def test_what_is_measured_follows_from_the_ledger(tmp_path: Path) -> None:
    writer = LedgerWriter(tmp_path, 0)
    for noted in (
        answered(0, 1, 0.0),
        answered(0, 2, 1.0, AnswerClass.OVERLOAD),
        Attempt(1.0, 1.5, 0, 2, Verb.EVENT, attempt=2, began=1.5, ended=1.7, answer_class=AnswerClass.OK, status=201),
        answered(1, 1, 2.0, AnswerClass.SERVER_ERROR),
        entry(1, 2, 3.0, answer_class=AnswerClass.NOT_SENT),
    ):
        writer.note(noted)
    writer.close()
    trace = trace_from([[(0.0, Verb.START), (1.0, Verb.EVENT)], [(2.0, Verb.START), (3.0, Verb.EVENT)]])
    result = measure(trace, read_ledger(tmp_path), RUN, {"notify": 2})
    assert (result.planned, result.requests, result.attempts, result.acknowledged) == (4, 3, 4, 2)
    assert result.error_rate == pytest.approx(1 / 3)
    assert result.latency.max == pytest.approx(0.7)  # from due, the retry's wait included
    assert result.service_time.max == pytest.approx(0.2)
    assert result.lag.max == pytest.approx(0.001)
    assert result.by_class == {"ok": 2, "overload": 1, "server_error": 1, "not_sent": 1}
    assert result.by_verb["start"] == {"ok": 1, "server_error": 1}
    assert result.valid
    assert result.as_json()["not_offered"] == ["notify"]


def test_a_late_generator_makes_the_run_invalid(tmp_path: Path) -> None:
    writer = LedgerWriter(tmp_path, 0)
    writer.note(entry(0, 1, 0.0, began=0.06, ended=0.061, answer_class=AnswerClass.OK))
    writer.close()
    result = measure(trace_from([[(0.0, Verb.START)]]), read_ledger(tmp_path), RUN, {})
    assert not result.valid
    assert result.why is not None
    assert "lag p99 60.0 ms" in result.why


def test_a_generator_that_ended_early_makes_the_run_invalid(tmp_path: Path) -> None:
    writer = LedgerWriter(tmp_path, 0)
    writer.note(answered(0, 1, 0.0))
    writer.close()
    trace = trace_from([[(0.0, Verb.START), (1.0, Verb.EVENT)]])
    assert measure(trace, read_ledger(tmp_path), RUN, {}).why == (
        "the generator ended after 1 of 2 requests; see locust.log"
    )


def test_quantiles_are_observed_values() -> None:
    result = quantiles(np.arange(1.0, 101.0))
    assert (result.p50, result.p95, result.p99, result.max) == (50.0, 95.0, 99.0, 100.0)
    assert quantiles(np.array([np.nan])).p50 is None


@pytest.mark.parametrize(
    "wrong",
    [{"verb": 99}, {"journey": -1}, {"attempt": 0}, {"began": float("inf")}, {"seq": 1 << 22}, {"ready": 1e300}],
)
def test_a_record_that_no_generator_writes_is_refused(tmp_path: Path, wrong: dict[str, float]) -> None:
    writer = LedgerWriter(tmp_path, 0)
    writer.note(answered(0, 1, 0.0))
    damaged = answered(0, 2, 0.0)
    for name, value in wrong.items():
        setattr(damaged, name, value)
    writer.note(damaged)
    writer.close()
    sentence = "attempts-0.bin: record 2 is not what a generator writes; check the disk, and repeat the load"
    with pytest.raises(SojournError, match=sentence):
        read_ledger(tmp_path)


@pytest.mark.parametrize("line", ["{", "[0, 1]", '[0, "1", {}]', "[" * 100_000, "\xff", "3"])
def test_outputs_that_no_generator_writes_are_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "outputs-0.jsonl").write_text(f"[0, 1, {{}}]\n{line}\n", encoding="latin-1")
    with pytest.raises(SojournError, match=r"outputs-0\.jsonl: line 2 is not what a generator writes"):
        read_ledger(tmp_path)


def test_a_write_that_the_disk_takes_in_parts_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(FileIO):
        def write(self, content: Any) -> int:
            return super().write(content[:100])

    writer = LedgerWriter(tmp_path, 0)
    writer._attempts.close()
    monkeypatch.setattr(writer, "_attempts", Slow(tmp_path / "attempts-0.bin", "ab"))
    for seq in range(1, 9):
        writer.note(answered(0, seq, 0.0))
    writer.close()
    assert len(read_ledger(tmp_path)) == 8
