"""Settings of what is read, coded and divided."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.config.choices import Adjudication, AskedQuestions, AskedRules, Votes
from pipeline.config.ranges import between


@dataclass
class Table:
    """How columns of a CSV, JSONL or Parquet file map to a post.

    Null: recognised by its usual names (``id``, ``text``, ``date`` …); ``""``: not in the file.
    ``peer_id.channel_id`` reaches into nested values; of ``a|b`` the first that is there counts.
    """

    id: str | None = None
    message: str | None = None  # the message's number; channel/number makes the id
    text: str | None = None  # a list column gives one paragraph an item
    channel: str | None = None
    published: str | None = None  # a time, a unix time, or a year alone
    edited: str | None = None
    forwarded_from: str | None = None
    url: str | None = None
    media: str | None = None


@dataclass
class Ingest:
    files: list[str] = field(default_factory=lambda: ["labels/texts/*.jsonl"])
    # Whether the texts of label.hydrated are read as well; files on the command line come alone.
    hydrated: bool = True
    table: Table = field(default_factory=Table)
    # Another name of the same channel → the name that counts, e.g. {"1234567": "embassy_x"}.
    channel_aliases: dict[str, str] = field(default_factory=dict)


@dataclass
class Segment:
    min_characters: int = field(default=25, metadata=between(1, 10_000))
    # A line with a bullet or emoji marker is a paragraph of its own from this length.
    item_characters: int = field(default=40, metadata=between(1, 10_000))
    # Near-duplicates: estimated Jaccard similarity of word shingles.
    family_similarity: float = field(default=0.7, metadata=between(0.1, 1.0))


@dataclass
class Label:
    texts: str = "labels/texts"
    annotations: str = "labels/annotations"
    coders: str = "labels/coders.yaml"
    # Texts that may not be redistributed, found in the user's own copies; never under git.
    hydrated: str = "labels/hydrated"
    assignments: str = "labels/assignments"  # who codes what, by passage id
    adjudication: Adjudication = Adjudication.majority
    # Whose answers make the label: people's alone where any person answered the question, or all.
    votes: Votes = Votes.people_first


@dataclass
class Labelled:
    """A labelled table of one's own in the place of labels/: a row a passage with its answers.

    Columns that are null are recognised by their usual names; ``""``: not in the table. A question
    is answered in a column of its own name, or in one that lists labels.
    """

    folder: str = ""  # where the files below are looked for; "": here
    files: list[str] = field(default_factory=list)  # folds by column, or drawn
    train: list[str] = field(default_factory=list)
    dev: list[str] = field(default_factory=list)  # drawn from train where there is none
    test: list[str] = field(default_factory=list)
    header: list[str] = field(default_factory=list)  # columns in order, for files without a header
    text: str | None = None
    opening: str | None = None
    before: str | None = None
    language: str | None = None  # detected where the table does not say
    post: str | None = None  # passages of one post or group are never divided
    group: str | None = None
    channel: str | None = None
    voice: str | None = None
    coder: str | None = None
    labels: str | None = None
    fold: str | None = None
    separator: str = ";"
    # Words of the table → present, absent …, beside the usual 1, 0, yes, no.
    answers: dict[str, str] = field(default_factory=dict)
    # Cross-validation: each part is the test once. {part} in names of files stands for it, or the
    # column of folds names it.
    parts: list[str] = field(default_factory=list)
    part: str = ""  # this one alone

    @property
    def given(self) -> bool:
        """Whether there is such a table."""
        return bool(self.files or self.train or self.dev or self.test)


@dataclass
class Split:
    dev_share: float = field(default=0.1, metadata=between(0.0, 0.5))
    # Dev is what these voices say, and training never hears them; none: dev is drawn.
    dev_voices: list[str] = field(default_factory=list)
    test_share: float = field(default=0.1, metadata=between(0.0, 0.5))
    test_passages: str = "labels/test_passages.txt"
    extend_test: bool = False


@dataclass
class Queue:
    """What a coder gets next; the four shares are relative to each other."""

    size: int = field(default=200, metadata=between(1, 1_000_000))
    sample: float = field(default=0.3, metadata=between(0.0, 1.0))
    uncertain: float = field(default=0.3, metadata=between(0.0, 1.0))
    scarce: float = field(default=0.2, metadata=between(0.0, 1.0))
    disputed: float = field(default=0.2, metadata=between(0.0, 1.0))
    # Questions with fewer examples are short of them.
    enough: int = field(default=400, metadata=between(0, 1_000_000))
    samples: str = "labels/samples"  # how each probability sample was drawn


@dataclass
class Studio:
    """Label Studio, for `rhetoric annotate studio`; the token is in LABEL_STUDIO_API_KEY."""

    url: str = "http://localhost:8080"
    project: str = "rhetoric"
    annotators: int = field(default=2, metadata=between(1, 100))  # asked about each passage
    # Tasks come filled in with a model's answers. That biases: people tend to agree with them.
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
