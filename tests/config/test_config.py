from pathlib import Path

import pytest
from omegaconf import OmegaConf

from pipeline.config import Config, ModelKind, compose, read_params, shipped, to_yaml
from pipeline.errors import InputError
from pipeline.experiments.dvc import params_text

pytestmark = pytest.mark.slow

GROUPS = ["model", "backbone", "ingest/table"]


def choices(group: str) -> list[str]:
    return sorted(path.stem for path in (shipped("configs") / group).glob("*.yaml"))


def test_the_composed_default_is_valid() -> None:
    assert isinstance(compose(), Config)


def test_every_choice_of_every_group_composes() -> None:
    tried = [(group, choice) for group in GROUPS for choice in choices(group)]
    assert len(tried) >= 9
    for group, choice in tried:
        needed = ["backbone.name=some/model"] if (group, choice) == ("backbone", "hub") else []
        assert isinstance(compose([f"{group}={choice}", *needed]), Config)


def test_every_experiment_composes() -> None:
    names = choices("experiment")
    assert len(names) >= 10
    for name in names:
        assert isinstance(compose([f"experiment={name}"]), Config)


def test_one_override_selects_another_model() -> None:
    assert compose(["model=tfidf"]).model.kind is ModelKind.tfidf
    assert compose(["backbone=minilm"]).backbone.name == "all-MiniLM-L6-v2"


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("train.epoch=3", "train.epoch is not a setting; did you mean 'epochs'?"),
        ("ingest.table.txt=body", "ingest.table.txt is not a setting; did you mean 'text'?"),
        ("+train.epoch=3", "'epoch' not in 'Train'"),
        ("train.epochs=many", "could not be converted to Integer"),
        ("train.epochs=0", "train.epochs=0 is out of range, allowed: 1 to 1000"),
        ("split.dev_share=0.9", "allowed: 0 to 0.5"),
        ("model=tfid", "Available options in 'model': ensemble lexicon mentions probe tfidf"),
        ("model=schema", "Could not find 'model/schema'"),
        ("backbone=hub", "backbone.name is empty"),
        ("model.ensemble.members=[tfidf]", "two or more models"),
        ("model.ensemble.weights=[1]", "one non-negative share per member"),
        ("label.adjudication=vote", "adjudication"),
        ("train.device=cuda", "train.device: train.method=frozen trains on the CPU in fp32"),
        ("train.precision=bf16", "train.precision: train.method=frozen"),
        ("score.device=cuda", "score.device=cuda goes with score.engine=torch alone"),
        ("tracking.uri=https://anna:secret@mlflow.example", "MLFLOW_TRACKING_PASSWORD"),
        ("tracking.uri=postgresql://anna:secret@db/runs", "PGPASSWORD"),
    ],
)
def test_a_wrong_setting_is_refused_in_one_line(setting: str, message: str) -> None:
    with pytest.raises(InputError) as refused:
        compose([setting])
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("method", ["full", "lora"])
@pytest.mark.parametrize("key", ["frozen_layers=3", "average_epochs=true", "target_reader=true"])
def test_what_a_training_of_every_layer_does_not_know_is_refused(method: str, key: str) -> None:
    with pytest.raises(InputError) as refused:
        compose([f"train.method={method}", f"train.{key}"])
    name = key.split("=", 1)[0]
    assert f"train.{name}: train.method={method} does not know it" in str(refused.value)


def test_a_password_is_not_repeated_in_the_message() -> None:
    with pytest.raises(InputError) as refused:
        compose(["tracking.uri=https://anna:secret@mlflow.example"])
    assert "secret" not in str(refused.value)
    assert compose(["tracking.uri=https://anna@mlflow.example"]).tracking.uri.startswith("https")


def test_all_values_out_of_range_are_reported_together() -> None:
    with pytest.raises(InputError, match=r"train\.epochs=0.*train\.dropout=2"):
        compose(["train.epochs=0", "train.dropout=2"])


def test_params_survive_a_round_trip(tmp_path: Path) -> None:
    config = compose(["model=probe", "train.learning_rate=3e-5", "seed=0"])
    path = tmp_path / "params.yaml"
    path.write_text(to_yaml(config), encoding="utf-8")
    assert read_params(path) == config


def test_a_section_replaced_by_a_string_is_refused_with_the_right_command(tmp_path: Path) -> None:
    raw = OmegaConf.create(to_yaml(Config()))
    raw.model = "tfidf"
    path = tmp_path / "params.yaml"
    path.write_text(OmegaConf.to_yaml(raw), encoding="utf-8")
    with pytest.raises(InputError, match="use `rhetoric run model=tfidf`"):
        read_params(path)


def test_a_misspelt_key_in_params_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text("train: {epoch: 3}", encoding="utf-8")
    with pytest.raises(InputError, match=r"params\.yaml: .*epoch"):
        read_params(path)


def test_missing_params_are_refused_with_the_command_that_writes_them(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="`rhetoric run` writes it"):
        read_params(tmp_path / "params.yaml")


def test_the_committed_params_are_the_composed_default() -> None:
    committed = Path(__file__).parents[2] / "params.yaml"
    assert committed.read_text(encoding="utf-8") == params_text(compose())


def test_one_override_sets_a_mapping_with_numbers_and_names_as_keys() -> None:
    override = "ingest.channel_aliases={-1001234567890: harbour, Embassy of the Lamp: harbour}"
    aliases = compose([override]).ingest.channel_aliases
    assert aliases == {-1001234567890: "harbour", "Embassy of the Lamp": "harbour"}
    assert compose(["labelled.answers={fits: present}"]).labelled.answers == {"fits": "present"}


@pytest.mark.parametrize(
    ("override", "answers"),
    [
        ("labelled.answers={maybe: borderline, not at all: absent}",
         {"maybe": "borderline", "not at all": "absent"}),
        ('labelled.answers={"ja, klar": present, да: present, it\'s: absent}',
         {"ja, klar": "present", "да": "present", "it's": "absent"}),
        # Words, though YAML and Hydra take them for truth values and numbers.
        ("++labelled.answers={yes: present, null: absent, 0.7: borderline}",
         {"yes": "present", "null": "absent", "0.7": "borderline"}),
        ("labelled.answers.maybe=borderline", {"maybe": "borderline"}),
        ("labelled.answers={}", {}),
    ],
)  # fmt: skip
def test_any_word_of_a_table_can_be_mapped(override: str, answers: dict[str, str]) -> None:
    assert compose([override]).labelled.answers == answers


@pytest.mark.parametrize("value", ["{maybe}", "{maybe: [a]}", "{a: b: c}", '{"a: b}'])
def test_a_mapping_written_wrongly_is_refused_with_how_it_is_written(value: str) -> None:
    with pytest.raises(InputError, match=r'labelled\.answers=\{one: a, "two, three": b\}'):
        compose([f"labelled.answers={value}"])
