"""Settings for reading, coding and splitting data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pipeline.config.choices import Adjudication, AskedQuestions, AskedRules, Votes
from pipeline.config.ranges import between


@dataclass
class Table:
    """How columns of a CSV, JSONL or Parquet file map to a post.

    Null: recognised by common names (``id``, ``text``, ``date`` …); ``""``: not in the file.
    ``peer_id.channel_id`` refers to a nested value; ``a|b`` uses the first that exists.
    """

    id: str | None = None
    message: str | None = None  # the message's number; the id is then channel/number
    text: str | None = None  # a list column gives one paragraph per item
    channel: str | None = None
    published: str | None = None  # a time, a Unix time, or only a year
    edited: str | None = None
    forwarded_from: str | None = None
    url: str | None = None
    media: str | None = None
    title: str | None = None  # the channel's title, if another column has its number
    # The collector of the table, see pipeline/sources/collectors.py; null: recognised by columns.
    collector: str | None = None
    date_order: str | None = None  # dmy or mdy, for 01/10/2026; null: inferred from the column
    timezone: str | None = None  # of times without one: Europe/Moscow, +03:00; null: UTC
    encoding: str | None = None  # cp1251, cp1252 …; null: UTF-8, or as marked in the file


@dataclass
class Limits:
    """Size limits of input files; larger files are refused with a message that names the limit."""

    text_characters: int = field(default=1 << 24, metadata=between(1000, 1 << 30))
    page_megabytes: int = field(default=64, metadata=between(1, 4096))
    unpacked_megabytes: int = field(default=16_384, metadata=between(1, 1 << 20))
    table_cells: int = field(default=20_000_000, metadata=between(1000, 1 << 32))


@dataclass
class Ingest:
    files: list[str] = field(default_factory=lambda: ["labels/texts/*.jsonl"])
    # Also read the texts of label.hydrated; not used with files on the command line.
    hydrated: bool = True
    table: Table = field(default_factory=Table)
    # Alternative name of a channel → its canonical username. The alternative is its number (with or
    # without the prefix -100), another username, or the title:
    # 'ingest.channel_aliases={1234567890: embassy_x, Embassy of X: embassy_x}'
    channel_aliases: dict[Any, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)


@dataclass
class Segment:
    min_characters: int = field(default=25, metadata=between(1, 10_000))
    # Minimum length at which a line with a bullet or emoji marker is a separate paragraph.
    item_characters: int = field(default=40, metadata=between(1, 10_000))
    # Near-duplicates: estimated Jaccard similarity of word shingles.
    family_similarity: float = field(default=0.7, metadata=between(0.1, 1.0))


@dataclass
class Label:
    texts: str = "labels/texts"
    annotations: str = "labels/annotations"
    coders: str = "labels/coders.yaml"
    # Texts that may not be redistributed, found in the user's own copies; never committed to git.
    hydrated: str = "labels/hydrated"
    assignments: str = "labels/assignments"  # who codes what, by passage id
    adjudication: Adjudication = Adjudication.majority
    # Whose answers make the label: people's alone where any person answered the question, or all.
    votes: Votes = Votes.people_first


@dataclass
class Labelled:
    """A user's labelled table in place of labels/: one row per passage with its answers.

    Null columns are recognised by common names; ``""``: not in the table. Questions are answered in
    columns with their names, or in one column that lists labels.
    """

    folder: str = ""  # folder of the files below; "": the working directory
    files: list[str] = field(default_factory=list)  # folds given by a column, or drawn
    train: list[str] = field(default_factory=list)
    dev: list[str] = field(default_factory=list)  # drawn from train if empty
    test: list[str] = field(default_factory=list)
    header: list[str] = field(default_factory=list)  # columns in order, for files without a header
    text: str | None = None
    opening: str | None = None
    before: str | None = None
    language: str | None = None  # detected if missing
    post: str | None = None  # passages of one post or group are never divided
    group: str | None = None
    channel: str | None = None
    voice: str | None = None
    coder: str | None = None
    labels: str | None = None
    fold: str | None = None
    separator: str = ";"
    # Words of the table → present, absent …, in addition to the common 1, 0, yes, no.
    answers: dict[str, str] = field(default_factory=dict)
    # Cross-validation: each part is the test once. Parts are given by {part} in file names, or by
    # the fold column.
    parts: list[str] = field(default_factory=list)
    part: str = ""  # run only this part

    @property
    def given(self) -> bool:
        """Whether a labelled table is given."""
        return bool(self.files or self.train or self.dev or self.test)


@dataclass
class Split:
    dev_share: float = field(default=0.1, metadata=between(0.0, 0.5))
    # Dev consists of the passages of these voices, which are not in train; empty: dev is drawn.
    dev_voices: list[str] = field(default_factory=list)
    test_share: float = field(default=0.1, metadata=between(0.0, 0.5))
    test_passages: str = "labels/test_passages.txt"
    extend_test: bool = False


@dataclass
class Queue:
    """How passages are chosen for coders; the four shares are relative to each other."""

    size: int = field(default=200, metadata=between(1, 1_000_000))
    sample: float = field(default=0.3, metadata=between(0.0, 1.0))
    uncertain: float = field(default=0.3, metadata=between(0.0, 1.0))
    scarce: float = field(default=0.2, metadata=between(0.0, 1.0))
    disputed: float = field(default=0.2, metadata=between(0.0, 1.0))
    # Questions with fewer examples than this count as scarce.
    enough: int = field(default=400, metadata=between(0, 1_000_000))
    samples: str = "labels/samples"  # how each probability sample was drawn


@dataclass
class Studio:
    """Label Studio, for `rhetoric annotate studio`; the token is in LABEL_STUDIO_API_KEY."""

    url: str = "http://localhost:8080"
    project: str = "rhetoric"
    annotators: int = field(default=2, metadata=between(1, 100))  # per passage
    # Prefill tasks with a model's answers. This biases coders, who tend to agree with them.
    prefill: bool = False


@dataclass
class Limit:
    """The budget of one run of `rhetoric annotate ask`, retries included; null: none."""

    requests: int | None = field(default=None, metadata=between(1, 10**9))
    tokens: int | None = field(default=None, metadata=between(1, 10**12))


@dataclass
class LanguageModel:
    """A language model as a coder, for `rhetoric annotate ask`; a key is in RHETORIC_LLM_KEY."""

    url: str = "http://localhost:11434/v1"  # any OpenAI-compatible API; texts go there alone
    model: str = ""  # as its server calls it
    questions: AskedQuestions = AskedQuestions.together
    rules: AskedRules = AskedRules.full
    samples: int = field(default=1, metadata=between(1, 100))  # the most frequent answer counts
    temperature: float = field(default=0.0, metadata=between(0.0, 2.0))
    max_tokens: int = field(default=3000, metadata=between(1, 1_000_000))  # of one answer
    concurrency: int = field(default=4, metadata=between(1, 1000))  # requests at once
    per_minute: int | None = field(default=None, metadata=between(1, 1_000_000))
    timeout: float = field(default=300.0, metadata=between(0.1, 86_400))  # seconds an answer
    attempts: int = field(default=6, metadata=between(1, 100))  # of what fails on the way
    limit: Limit = field(default_factory=Limit)
    answers: str = "labels/language_model"  # raw answers; git leaves the folder alone
