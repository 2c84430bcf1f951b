"""Schemas of all tables that pass between stages.

On disk the tables are Parquet. Column names are spelled as here in the whole project.
"""

from __future__ import annotations

from collections.abc import Sequence

import dataframely as dy


class Posts(dy.Schema):
    """One row per post. ``opening`` and ``before`` are set only if a source gives them; such a row
    is already one passage and is neither split nor dropped."""

    post_id = dy.String(primary_key=True)
    channel = dy.String(nullable=True)
    published = dy.Datetime(nullable=True, time_zone="UTC", time_unit="us")
    published_year_only = dy.Bool()
    edited = dy.Datetime(nullable=True, time_zone="UTC", time_unit="us")
    text = dy.String()
    media = dy.String(nullable=True)  # photo, video, file … that came with it
    forwarded_from = dy.String(nullable=True)
    url = dy.String(nullable=True)
    source_file = dy.String()
    # Kind of source (telegram, x, table …); within one kind, id and channel identify a post.
    source = dy.String(nullable=True)
    opening = dy.String(nullable=True)
    before = dy.String(nullable=True)


class Paragraphs(dy.Schema):
    """One row per passage of a post, with its context ``opening`` and ``before``.

    ``post.text[start:end]`` (code points) is the original paragraph; ``text`` is cleaned for
    reading. ``family`` groups near-duplicates; it is null if families are not computed (scoring).
    """

    paragraph_id = dy.String(primary_key=True)  # post_id#position
    passage_id = dy.String()
    post_id = dy.String()
    position = dy.Int32(min=0)
    start = dy.Int64(min=0)
    end = dy.Int64(min=0)
    text = dy.String()
    opening = dy.String()
    before = dy.String()
    language = dy.String()
    family = dy.String(nullable=True)


class Dropped(dy.Schema):
    """Dropped rows and the reasons. ``start`` and ``end`` are null for a whole post or message."""

    post_id = dy.String(nullable=True)
    position = dy.Int32(nullable=True)
    start = dy.Int64(nullable=True)
    end = dy.Int64(nullable=True)
    text = dy.String()
    reason = dy.String()
    source_file = dy.String(nullable=True)


class Annotations(dy.Schema):
    """One row per coder, passage and asked question; ``absent`` is an answer too."""

    passage_id = dy.String(primary_key=True)
    coder = dy.String(primary_key=True)
    question = dy.String(primary_key=True)
    answer = dy.String()
    codebook_version = dy.String()
    coded_at = dy.Datetime(nullable=True, time_zone="UTC", time_unit="us")
    source = dy.String(nullable=True)
    note = dy.String(nullable=True)
    evidence = dy.String(nullable=True)
    supersedes = dy.String(nullable=True)


class Labels(dy.Schema):
    """One adjudicated row per passage and asked question.

    ``soft`` has one share per output of the question: one for a frame (borderline counts half),
    three for a target (against, neutral, favour). ``answer`` is ``contested`` for a tie.
    """

    passage_id = dy.String(primary_key=True)
    question = dy.String(primary_key=True)
    answer = dy.String()
    soft = dy.List(dy.Float64(min=0.0, max=1.0))
    coders = dy.Int32(min=1)


class Folds(dy.Schema):
    """The fold of each passage. ``component`` groups passages that must be in the same fold: those
    linked by near-duplicate family, post or contrast group."""

    passage_id = dy.String(primary_key=True)
    fold = dy.Enum(["train", "dev", "test", "left_out"])
    component = dy.String()


class TestPredictions(dy.Schema):
    """One row per test passage and question, with the model's and the coders' answers.

    ``probabilities`` (calibrated) and ``soft`` have one value per output of the question.
    ``decision`` and ``answer`` use the answers of the question. Passages of one ``family`` are
    resampled together: in-domain the component of the split, elsewhere the near-duplicates.
    """

    passage_id = dy.String(primary_key=True)
    question = dy.String(primary_key=True)
    probabilities = dy.List(dy.Float64(min=0.0, max=1.0))
    decision = dy.String()
    answer = dy.String()
    soft = dy.List(dy.Float64(min=0.0, max=1.0))
    language = dy.String()
    family = dy.String()


class Slices(dy.Schema):
    """The part of each test passage per dimension, such as ``language`` ``en`` or ``length`` ``1 to
    150 characters``; a passage without a value in a dimension has no row for it."""

    passage_id = dy.String(primary_key=True)
    dimension = dy.String(primary_key=True)
    part = dy.String()


SCORE_CONTEXT: dict[str, dy.Column] = {
    "post_id": dy.String(),
    "paragraph_id": dy.String(primary_key=True),
    "passage_id": dy.String(),
    "position": dy.Int32(min=0),
    "channel": dy.String(nullable=True),
    "published": dy.Datetime(nullable=True, time_zone="UTC", time_unit="us"),
    "language": dy.String(),
    "forwarded_from": dy.String(nullable=True),
    "url": dy.String(nullable=True),
    "source_file": dy.String(),
    "text": dy.String(),
}
SCORE_PROVENANCE: dict[str, dy.Column] = {
    "language_supported": dy.Bool(),
    "model_version": dy.String(),
    "codebook_version": dy.String(),
}
RESERVED_SCORE_COLUMNS = (*SCORE_CONTEXT, *SCORE_PROVENANCE)


def scores(frames: Sequence[str], targets: Sequence[str]) -> type[dy.Schema]:
    """The wide Scores table for a codebook's frame and target codes; its columns are a stable API.

    ``F_p`` is the calibrated probability of the frame. ``evidence_F`` is the evidence sentence for
    a present frame, with offsets in ``text`` (code points); null otherwise. ``stance_T_p`` is the
    probability of the decided stance; for ``absent``, the largest of the three.
    """
    columns: dict[str, dy.Column] = dict(SCORE_CONTEXT)
    for frame in frames:
        columns[frame] = dy.Bool()
        columns[f"{frame}_p"] = dy.Float32(min=0.0, max=1.0)
        columns[f"evidence_{frame}"] = dy.String(nullable=True)
        columns[f"evidence_{frame}_start"] = dy.Int32(nullable=True)
        columns[f"evidence_{frame}_end"] = dy.Int32(nullable=True)
    for target in targets:
        columns[f"stance_{target}"] = dy.Enum(["against", "neutral", "favour", "absent"])
        columns[f"stance_{target}_p"] = dy.Float32(min=0.0, max=1.0)
    columns.update(SCORE_PROVENANCE)
    return type("Scores", (dy.Schema,), columns)
