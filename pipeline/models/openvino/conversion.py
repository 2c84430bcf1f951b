"""Converts the encoders of a classifier, stores them in its folder, and checks their decisions."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pipeline.errors import InputError
from pipeline.io import files
from pipeline.models.base import Fitted, Matrix
from pipeline.models.classifier import Classifier
from pipeline.models.encoder.encoding import encode
from pipeline.models.ensemble import EnsembleModel
from pipeline.models.involved_stances import InvolvedStancesModel
from pipeline.models.openvino.encoder import (
    ConvertedEncoder,
    Encoder,
    Graph,
    available_threads,
    reader_of,
)
from pipeline.models.openvino.parity import Parity
from pipeline.models.predictions import decide
from pipeline.models.sentence_pooling import SentencePoolingModel

FOLDER = "openvino"
_DESCRIPTION, _COMPARED = "conversion.json", "compared.safetensors"


class ConversionError(Exception):
    """An encoder cannot be converted; the message says which and why."""


@dataclass(frozen=True)
class Conversion:
    """Converted encoders, and probabilities of both engines for texts not used for quantisation.

    Attributes:
        graphs: path of the encoder in the fitted model → its graph.
        reference: ``(n, outputs)`` uncalibrated probabilities of the fitted model.
        converted: the same of the model with converted encoders.
        about: JSON: versions, counts, the parity table at the time of conversion.
    """

    graphs: Mapping[str, Graph]
    reference: Matrix
    converted: Matrix
    about: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """A digest of every byte of the graphs."""
        lines = [f"{place} {graph.sha256}\n" for place, graph in sorted(self.graphs.items())]
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def parity(self, classifier: Classifier) -> Parity:
        """The parity at the classifier's calibration and thresholds, which may have been refitted
        since the conversion."""
        reference, converted = (
            decide(
                classifier.calibration.apply(probabilities),
                classifier.thresholds,
                classifier.codebook,
            )
            for probabilities in (self.reference, self.converted)
        )
        questions = [question.name for question in classifier.codebook.questions]
        return Parity.of(reference, converted, questions)

    def __str__(self) -> str:
        compared, refused = self.about["passages_compared_on"], self.about["refused"]
        verdict = "accepted" if refused is None else f"refused, scoring will use torch: {refused}"
        return f"converted for openvino, compared on {compared} passages of dev: {verdict}"

    def save(self, classifier_folder: Path) -> None:
        """Write to the classifier's folder; the description is written last."""
        from safetensors.numpy import save_file

        folder = classifier_folder / FOLDER
        folder.mkdir(exist_ok=True)
        (folder / _DESCRIPTION).unlink(missing_ok=True)
        for place, graph in self.graphs.items():
            graph.save(folder, place)
        with files.replacing(folder / _COMPARED) as temporary:
            save_file({"reference": self.reference, "converted": self.converted}, temporary)
        sums = {place: graph.sha256 for place, graph in self.graphs.items()}
        files.write_json(folder / _DESCRIPTION, {**self.about, "graphs": sums})

    @classmethod
    def load(cls, classifier_folder: Path) -> Conversion | None:
        """Load the conversion from a classifier's folder; None if there is none.

        Raises:
            InputError: its files are damaged or changed.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        folder = classifier_folder / FOLDER
        if not (folder / _DESCRIPTION).is_file():
            return None
        about = files.read_json(folder / _DESCRIPTION)
        try:
            graphs = {
                Path(place).name: Graph.load(folder, Path(place).name) for place in about["graphs"]
            }
            compared = load_file(folder / _COMPARED)
            result = cls(graphs, compared["reference"], compared["converted"], about)
            damaged = [p for p, graph in graphs.items() if graph.sha256 != about["graphs"][p]]
        except (OSError, SafetensorError, KeyError, TypeError) as error:
            raise InputError(f"{folder}: not a converted model: {error!r}") from error
        if damaged:
            raise InputError(
                f"{folder}/{damaged[0]}: changed since it was compared with the original; "
                "convert it again, or score with score.engine=torch"
            )
        return result


def convert(
    classifier: Classifier,
    *,
    quantise_on: pl.DataFrame,
    compare_on: pl.DataFrame,
    rng: np.random.Generator,
) -> Conversion | None:
    """Convert every encoder of a classifier; None if it has none (n-grams, a lexicon).

    If decisions differ too much, conversion is repeated with fewer layers in integers.

    Args:
        quantise_on: passages on which activations are measured.
        compare_on: other passages, on which both engines are compared.

    Raises:
        ConversionError: tracing or quantising failed, which may happen with untested kinds of
            encoders.
    """
    own = encoders(classifier.fitted)
    if not own:
        return None
    reference = classifier.fitted.probabilities(compare_on)
    for careful in (False, True):
        graphs = {
            place: _graph(encoder, quantise_on, rng, careful) for place, encoder in own.items()
        }
        converted = with_graphs(classifier.fitted, graphs, available_threads())
        conversion = Conversion(graphs, reference, converted.probabilities(compare_on), {})
        parity = conversion.parity(classifier)
        if parity.rejection is None:
            break
    about = {
        "openvino": version("openvino"),
        "nncf": version("nncf"),
        "passages_quantised_on": quantise_on.height,
        "passages_compared_on": compare_on.height,
        "upper_third_in_floating_point": careful,
        "parity": {row.question: {"found": row.found, "differ": row.differ} for row in parity.rows},
        "refused": parity.rejection,
    }
    return replace(conversion, about=about)


def _graph(
    encoder: Encoder, quantise_on: pl.DataFrame, rng: np.random.Generator, careful: bool
) -> Graph:
    from pipeline.models.openvino import graph

    backbone, heads = encoder.backbone, encoder.heads
    encoded = encode(backbone, quantise_on, encoder.context)
    try:
        quantised = graph.quantised(
            backbone,
            heads,
            encoded,
            rng,
            careful=careful,
            with_states=reader_of(encoder) is not None,
        )
        return graph.to_graph(quantised)
    except Exception as error:
        first_line = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ConversionError(f"{backbone.name}: {first_line}") from error


def encoders(fitted: Fitted) -> dict[str, Encoder]:
    """The encoders of a fitted model that can be converted, by their path in it."""
    found: dict[str, Encoder] = {}

    def note(place: str, encoder: Encoder) -> Fitted:
        found[place] = encoder
        return encoder

    _replaced(fitted, fitted.kind, note)
    return found


def with_graphs(fitted: Fitted, graphs: Mapping[str, Graph], threads: int) -> Fitted:
    """The fitted model with converted encoders; raises InputError if one has no graph."""

    def exchange(place: str, encoder: Encoder) -> Fitted:
        if place not in graphs:
            raise InputError(f"the converted model has no graph for {place}")
        return ConvertedEncoder(encoder, graphs[place], threads)

    return _replaced(fitted, fitted.kind, exchange)


def _replaced(fitted: Fitted, place: str, exchange: Callable[[str, Encoder], Fitted]) -> Fitted:
    """The fitted model with each encoder replaced by the result of ``exchange``."""
    if isinstance(fitted, Encoder):
        return exchange(place, fitted)
    if isinstance(fitted, InvolvedStancesModel | SentencePoolingModel):
        inner = _replaced(fitted.inner, f"{place}-{fitted.inner.kind}", exchange)
        return replace(fitted, inner=inner)
    if isinstance(fitted, EnsembleModel):
        members = [
            _replaced(member, f"{place}-{number}-{member.kind}", exchange)
            for number, member in enumerate(fitted.members)
        ]
        return replace(fitted, members=members)
    return fitted
