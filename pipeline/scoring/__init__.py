"""Scores posts into a table, in shards that are written atomically and can be resumed."""

from pipeline.scoring.prepare import Reading
from pipeline.scoring.record import Record, read_record
from pipeline.scoring.run import Resume, ScoreSettings, score_files
from pipeline.scoring.summary import ScoreSummary

__all__ = [
    "Reading", "Record", "Resume", "ScoreSettings", "ScoreSummary", "read_record", "score_files",
]  # fmt: skip
