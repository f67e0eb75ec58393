"""The evaluation harness on our engine, against the harness's own model of transformers and against sums by hand."""

import copy
import importlib
import json
import logging
import math
import random
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from tutelage.data import ChatTemplate, Template
from tutelage.evaluation import Subject
from tutelage.models.attention import use_fastest_attention
from tutelage.schema import InputError

pytest.importorskip("lm_eval", reason="the evaluation harness: pip install 'tutelage[harness]'")

from tutelage.evaluation.harness import (
    Document,
    HarnessMetric,
    HarnessModel,
    HarnessResult,
    known_tasks,
    run_harness,
)
from tutelage.evaluation.harness.figures import averages
from tutelage.evaluation.harness.silence import quiet

LETTERS = ["<pad>", "<end>", "<begin>", *"abcdefghijklmnop .:?!"]
CONTEXT = 48
QUESTIONS = [
    {"q": "a bed", "choices": ["of", "a dog", "ba"], "gold": 1},
    {"q": "a big cab in a dim cage", "choices": ["mad", "lo", "fin"], "gold": 0},
    {"q": "keep", "choices": ["a code", "no", "men in a cab on a hill"], "gold": 2},
    {"q": "name ", "choices": ["i", "o", "p"], "gold": 0},
    {"q": "do a deed", "choices": ["a", "go home", "kin"], "gold": 2},
]
EXAMPLES = [
    {"q": "lamb", "choices": ["leg", "hide", "fin"], "gold": 0},
    {"q": "find", "choices": ["a bad dog", "no", "ape"], "gold": 1},
    {"q": "make", "choices": ["jam", "fog", "pad"], "gold": 2},
]
TEXTS = [{"q": "a bad dog. " * 11}, {"q": "mono"}, {"q": "?"}]
DOCUMENTS = {"choose": QUESTIONS, "answer": QUESTIONS, "read": TEXTS}


def letters(beginning: bool) -> PreTrainedTokenizerFast:
    """A token a letter; with beginning-of-text before every text, and pairs merged, or without."""
    vocabulary = {letter: place for place, letter in enumerate(LETTERS)}
    if beginning:
        vocabulary |= {pair: len(vocabulary) + place for place, pair in enumerate(["ab", "in", " a", "d "])}
        merges = [("a", "b"), ("i", "n"), (" ", "a"), ("d", " ")]
        tokenizer = Tokenizer(models.BPE(vocabulary, merges, unk_token="a"))
        tokenizer.post_processor = processors.TemplateProcessing(
            single="<begin> $A", special_tokens=[("<begin>", 2)]
        )
    else:
        tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="a"))
        tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="<end>",
        bos_token="<begin>" if beginning else None,
    )


def made(family: str) -> Subject:
    """Positions turned and text as it stands, or positions learned and beginning-of-text before every text.

    `packed` is `llama` with the attention that models have when the project loads them.
    """
    torch.manual_seed(0)
    tokenizer = letters(beginning=family == "gpt2")
    ends = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": 1, "pad_token_id": 0}
    sizes = {"vocab_size": len(tokenizer), "initializer_range": 0.4}
    model: PreTrainedModel
    if family != "gpt2":
        model = LlamaForCausalLM(
            LlamaConfig(
                hidden_size=16,
                intermediate_size=24,
                num_hidden_layers=2,
                num_attention_heads=2,
                max_position_embeddings=CONTEXT,
                **sizes,
                **ends,
            )
        )
    else:
        model = GPT2LMHeadModel(
            GPT2Config(n_embd=16, n_layer=2, n_head=2, n_positions=CONTEXT, **sizes, **ends)
        )
    if family == "packed":
        use_fastest_attention(model)
    return Subject(family, model.eval(), tokenizer, Template("a:", "?"), max_new_tokens=6, seed=3)


@pytest.fixture(scope="module", params=["llama", "packed", "gpt2"])
def subject(request: pytest.FixtureRequest) -> Subject:
    return made(request.param)


@pytest.fixture(scope="module")
def llama() -> Subject:
    return made("llama")


@pytest.fixture
def theirs(subject: Subject) -> Any:
    """The harness's own model."""
    pytest.importorskip("accelerate", reason="the harness's own model: pip install accelerate")
    from lm_eval.models.huggingface import HFLM

    with quiet():
        plain = made("llama").model if subject.name == "packed" else subject.model
        return HFLM(pretrained=plain, tokenizer=subject.tokenizer, batch_size=1, device="cpu")


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("datasets.config.HF_HUB_OFFLINE", "huggingface_hub.constants.HF_HUB_OFFLINE"):
        monkeypatch.setattr(place, True)
    monkeypatch.setattr("lm_eval.evaluator.add_env_info", lambda results: None)  # seconds, for no figure


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Tasks of each kind."""
    define(tmp_path, "choose", QUESTIONS, output_type="multiple_choice", metrics=["acc", "acc_norm"])
    define(
        tmp_path,
        "answer",
        QUESTIONS,
        output_type="generate_until",
        doc_to_target="{{choices[gold][0]}}",
        generation_kwargs={"until": [".", "b!"], "max_gen_toks": 5, "do_sample": False},
        filter_list=[
            {"name": "first", "filter": [{"function": "regex", "regex_pattern": "([a-p])"}, TAKE_FIRST]},
            {"name": "whole", "filter": [TAKE_FIRST]},
        ],
        metrics=["exact_match"],
    )
    define(
        tmp_path,
        "read",
        TEXTS,
        output_type="loglikelihood_rolling",
        doc_to_text="",
        doc_to_target="{{q}}",
        metrics=["word_perplexity", "bits_per_byte"],
    )
    return tmp_path


TAKE_FIRST = {"function": "take_first"}


def define(
    folder: Path, name: str, documents: list[dict[str, Any]], metrics: list[str], **settings: Any
) -> None:
    """A task in a YAML file, with its documents beside it."""
    rolling = settings["output_type"] == "loglikelihood_rolling"
    files = {"test": documents} if rolling else {"test": documents, "train": EXAMPLES}
    for split, rows in files.items():
        (folder / f"{name}.{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    lower = {"word_perplexity", "bits_per_byte"}
    task = {
        "task": name,
        "dataset_path": "json",
        "dataset_kwargs": {
            "data_files": {split: str(folder / f"{name}.{split}.jsonl") for split in files},
            "cache_dir": str(folder / "cache"),
        },
        "test_split": "test",
        "fewshot_split": "train",
        "doc_to_text": "{{q}}:",
        "doc_to_target": "gold",
        "fewshot_delimiter": ".",
        "target_delimiter": " ",
        "metric_list": [{"metric": each, "higher_is_better": each not in lower} for each in metrics],
    }
    if settings["output_type"] == "multiple_choice":
        task["doc_to_choice"] = "choices"
    if rolling:
        del task["fewshot_split"]
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(task | settings))


def asked(*arguments: Any) -> Any:
    return SimpleNamespace(args=arguments)


def log_probability(subject: Subject, before: list[int], after: list[int]) -> float:
    """Asked of transformers, one text at a time."""
    with torch.no_grad():
        logits = subject.model(torch.tensor([(before + after)[:-1]])).logits[0].double().log_softmax(-1)
    return sum(logits[len(before) + place - 1, token].item() for place, token in enumerate(after))


def by_the_harness(theirs: Any, names: list[str], folder: Path, shots: int, **settings: Any) -> Any:
    """All by itself, with its own model."""
    from lm_eval import simple_evaluate
    from lm_eval.tasks import TaskManager

    with quiet():
        return simple_evaluate(
            theirs,
            tasks=names,
            num_fewshot=shots,
            bootstrap_iters=0,
            fewshot_random_seed=0,
            task_manager=TaskManager(include_path=str(folder), include_defaults=False),
            **settings,
        )


def values_of(result: HarnessResult) -> dict[str, dict[int, float]]:
    """By metric and document's number, of the metrics that have them."""
    return {
        name: {document.number: value for document, value in metric.values.items()}
        for name, metric in result.metrics.items()
        if metric.values is not None
    }


LONG = "a big bad dog in a dim cage do a deed on a hill. " * 2
PAIRS = [
    ("a bed", " of"),
    ("", "a bog"),
    ("a bed ", "in"),
    (LONG, " no"),
    (LONG[:CONTEXT], "?"),
    ("mad", LONG[: CONTEXT - 12]),
    ("a", "b"),
    ("a", "i"),
]


def greedy_pairs(theirs: Any) -> list[tuple[str, str]]:
    """Continuations that greedy decoding gives, and the same with the last letter changed."""
    contexts = ["a bed", "keep", "do a deed on"]
    texts = theirs.generate_until(
        [asked(each, {"until": [], "max_gen_toks": 4}) for each in contexts], disable_tqdm=True
    )
    return [pair for c, t in zip(contexts, texts, strict=True) for pair in ((c, t), (c, t[:-1] + "m")) if t]


def test_log_probabilities_and_greedy_are_those_of_the_harness(subject: Subject, theirs: Any) -> None:
    with quiet():
        pairs = PAIRS + greedy_pairs(theirs)
        requests = [asked(*pair) for pair in pairs]
        expected = theirs.loglikelihood(requests, disable_tqdm=True)
    found = HarnessModel(subject).loglikelihood(requests)
    assert [value for value, _ in found] == pytest.approx([value for value, _ in expected], abs=1e-4)
    assert [greedy for _, greedy in found] == [greedy for _, greedy in expected]
    assert {greedy for _, greedy in found} == {True, False}


def test_a_text_longer_than_the_context_is_scored_as_by_the_harness(subject: Subject, theirs: Any) -> None:
    requests = [asked(text) for text in (LONG * 3, "mono", "?", LONG[:CONTEXT], LONG[: CONTEXT + 1])]
    with quiet():
        expected = theirs.loglikelihood_rolling(requests)
    assert HarnessModel(subject).loglikelihood_rolling(requests) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    "settings",
    [
        {"until": ["."], "max_gen_toks": 8},
        {"until": ["b", "am", "k"], "max_gen_toks": 12, "do_sample": False, "temperature": 0.7},
        {"until": "e", "max_gen_toks": 30, "temperature": 0.0},
        {"until": [], "max_gen_toks": 20, "do_sample": False},
    ],
)
def test_greedy_texts_are_those_of_the_harness(
    subject: Subject, theirs: Any, settings: dict[str, Any]
) -> None:
    contexts = ["a bed", "keep", "do a deed on", LONG, "a", "no men in a cab"]
    with quiet():
        expected = theirs.generate_until([asked(each, settings) for each in contexts], disable_tqdm=True)
    found = HarnessModel(subject).generate_until([asked(each, settings) for each in contexts])
    assert found == expected
    assert len(set(found)) > 2


@pytest.mark.parametrize("shots", [0, 1, 2])
def test_figures_of_tasks_are_those_of_the_harness(
    subject: Subject, theirs: Any, folder: Path, shots: int
) -> None:
    names = ["choose", "answer", "read"]
    expected = by_the_harness(theirs, names, folder, shots)
    found = run_harness(subject, names, shots=shots, limit=None, include_path=str(folder))
    assert list(found) == names
    for name in names:
        figures = {key.removesuffix(",none"): value for key, value in expected["results"][name].items()}
        result = found[name]
        assert result.metrics
        for key, metric in result.metrics.items():
            assert metric.value == pytest.approx(figures[key], rel=1e-5)
        assert (result.documents, result.shots) == (len(DOCUMENTS[name]), shots)
    for sample in expected["samples"]["choose"]:
        for metric in ("acc", "acc_norm"):
            assert values_of(found["choose"])[metric][sample["doc_id"]] == sample[metric]
    for sample in expected["samples"]["answer"]:
        values = values_of(found["answer"])[f"exact_match,{sample['filter']}"]
        assert values[sample["doc_id"]] == sample["exact_match"]


def test_a_conversation_is_put_in_the_chat_template(subject: Subject, theirs: Any, folder: Path) -> None:
    """One that allows no system message: then there is none, as with the harness's own model."""
    (folder / "choose.yaml").write_text((folder / "choose.yaml").read_text() + "description: be kind\n")
    tokenizer = copy.deepcopy(subject.tokenizer)
    tokenizer.chat_template = (
        "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('none') }}{% endif %}"
        "{{ m.role[0] + ':' + m.content + '!' }}{% endfor %}{% if add_generation_prompt %}a:{% endif %}"
    )
    theirs.tokenizer = tokenizer
    chatty = Subject("x", subject.model, tokenizer, ChatTemplate(tokenizer))
    expected = by_the_harness(theirs, ["choose"], folder, 2, apply_chat_template=True)["samples"]["choose"]
    prompt = expected[0]["arguments"][0][0]
    assert prompt.endswith("u:a bed:!a:")
    assert prompt.count("u:") == 3
    found = run_harness(chatty, ["choose"], shots=2, limit=None, include_path=str(folder), chat=True)
    for metric, values in values_of(found["choose"]).items():
        assert list(values.values()) == [sample[metric] for sample in expected]
    pairs = [argument for sample in expected for argument in sample["arguments"]]
    answers = [answer[0] for sample in expected for answer in sample["resps"]]
    scores = HarnessModel(chatty).loglikelihood([asked(*pair) for pair in pairs])
    assert [value for value, _ in scores] == pytest.approx([value for value, _ in answers], abs=1e-4)


def test_a_plain_template_is_a_chat_template_too(subject: Subject) -> None:
    model = HarnessModel(subject)
    turns = [
        {"role": "user", "content": "find"},
        {"role": "assistant", "content": "a dog"},
        {"role": "user", "content": "do"},
    ]
    beginning = "<begin>" if subject.name == "gpt2" else ""
    assert model.apply_chat_template(turns) == f"{beginning}a:find?a dog<end>a:do?"
    assert model.apply_chat_template(turns[:2], add_generation_prompt=False) == f"{beginning}a:find?a dog"
    tokens = model.tok_encode(model.apply_chat_template(turns[2:]))
    assert tokens.count(2) == (subject.name == "gpt2")  # beginning-of-text once


def test_choices_are_the_likeliest_by_hand(llama: Subject, folder: Path) -> None:
    """After prompt and blank, as the task says; asked of transformers, one choice at a time."""
    encode = llama.tokenizer.encode
    right, longer = [], []
    for question in QUESTIONS:
        prompt = encode(f"{question['q']}:")
        scores = [log_probability(llama, prompt, encode(f" {each}")) for each in question["choices"]]
        by_letter = [score / len(each) for score, each in zip(scores, question["choices"], strict=True)]
        right.append(float(np.argmax(scores) == question["gold"]))
        longer.append(float(np.argmax(by_letter) == question["gold"]))
    assert len(set(right)) == 2
    [result] = run_harness(llama, ["choose"], shots=None, limit=None, include_path=str(folder)).values()
    places = [Document("choose", number) for number in range(len(QUESTIONS))]
    assert result == HarnessResult(
        "choose",
        documents=5,
        shots=0,
        metrics={
            "acc": HarnessMetric(np.mean(right), True, dict(zip(places, right, strict=True))),
            "acc_norm": HarnessMetric(np.mean(longer), True, dict(zip(places, longer, strict=True))),
        },
    )


def test_bits_of_a_byte_are_a_mean_by_bytes_and_perplexity_has_its_aggregate_alone(
    llama: Subject, folder: Path
) -> None:
    metrics = run_harness(llama, ["read"], shots=0, limit=2, include_path=str(folder))["read"].metrics
    nats = HarnessModel(llama).loglikelihood_rolling([asked(each["q"]) for each in TEXTS[:2]])
    sizes = [len(each["q"]) for each in TEXTS[:2]]
    bits = metrics["bits_per_byte"]
    assert bits.values is not None
    assert bits.weights is not None
    assert list(bits.weights.values()) == sizes
    assert list(bits.values.values()) == pytest.approx(
        [-each / size / math.log(2) for each, size in zip(nats, sizes, strict=True)]
    )
    assert bits.value == pytest.approx(-sum(nats) / sum(sizes) / math.log(2))
    words = sum(len(each["q"].split(" ")) for each in TEXTS[:2])
    assert metrics["word_perplexity"] == HarnessMetric(
        pytest.approx(math.exp(-sum(nats) / words)), higher_is_better=False
    )


def test_a_group_is_a_mean_over_documents_or_over_tasks(
    llama: Subject, folder: Path, few_tasks: None
) -> None:
    define(folder, "more", EXAMPLES, output_type="multiple_choice", metrics=["acc"])
    for name, by_size in (("documents", True), ("halves", False)):
        figure = {"metric": "acc", "weight_by_size": by_size}
        group = {"group": name, "task": ["choose", "more"], "aggregate_metric_list": [figure]}
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(group))
    names = ["documents", "halves"]
    found = run_harness(llama, names, shots=0, limit=None, include_path=str(folder))
    choose, more = (found[name].metrics["acc"] for name in ("choose", "more"))
    assert choose.values is not None
    assert more.values is not None
    assert choose.value != more.value
    both = {**choose.values, **more.values}
    assert len(both) == 8
    assert found["documents"].metrics == {
        "acc": HarnessMetric(pytest.approx(sum(both.values()) / 8), True, both)
    }
    halves = found["halves"].metrics["acc"]
    assert halves.value == pytest.approx((choose.value + more.value) / 2)
    assert halves.values == both
    assert halves.weights == {document: 1 / (5 if document.task == "choose" else 3) for document in both}
    assert [found[name].documents for name in names] == [8, 8]


def test_what_is_no_mean_has_no_values() -> None:
    assert averages(np.mean)
    assert averages(lambda items: sum(items) / len(items))
    assert not averages(np.median)
    assert not averages(lambda items: math.exp(-np.mean(items)))
    assert not averages(lambda items: sum(gold == found for gold, found in items) / len(items))


def test_a_limit_takes_the_first_documents(llama: Subject, folder: Path) -> None:
    few, all_of_them = (
        values_of(run_harness(llama, ["choose"], shots=0, limit=limit, include_path=str(folder))["choose"])[
            "acc"
        ]
        for limit in (3, 99)
    )
    assert few == {number: all_of_them[number] for number in range(3)}
    assert len(all_of_them) == 5


def test_a_task_that_forbids_examples_gets_none(llama: Subject, folder: Path) -> None:
    define(folder, "alone", QUESTIONS, output_type="multiple_choice", metrics=["acc"], num_fewshot=0)
    define(folder, "two", QUESTIONS, output_type="multiple_choice", metrics=["acc"], num_fewshot=2)
    path = str(folder)
    found = run_harness(llama, ["alone", "two"], shots=1, limit=1, include_path=path)
    assert [result.shots for result in found.values()] == [0, 1]
    found = run_harness(llama, ["alone", "two"], shots=None, limit=1, include_path=path)
    assert [result.shots for result in found.values()] == [0, 2]


def test_neighbours_in_a_batch_change_nothing(subject: Subject) -> None:
    requests = [asked(*pair) for pair in PAIRS] + [asked("a bed", each) for each in ("", " a", " in", "m")]
    alone = HarnessModel(replace(subject, batch_tokens=1)).loglikelihood(requests)
    together = HarnessModel(replace(subject, batch_tokens=10_000)).loglikelihood(requests)
    assert [value for value, _ in together] == pytest.approx([value for value, _ in alone], abs=1e-4)
    assert [greedy for _, greedy in together] == [greedy for _, greedy in alone]
    assert alone[len(PAIRS)] == (0.0, True)  # of nothing


def test_logits_by_chunks_and_by_the_model_itself_score_the_same(
    subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = [asked(*pair) for pair in PAIRS]
    expected = HarnessModel(subject).loglikelihood(requests)
    for attribute, value in (
        ("models.unembedding.CHUNK", 3 * len(subject.tokenizer)),
        ("evaluation.harness.windows.plain_unembedding", lambda model: None),
    ):
        monkeypatch.setattr(f"tutelage.{attribute}", value)
        found = HarnessModel(subject).loglikelihood(requests)
        assert [value for value, _ in found] == pytest.approx([value for value, _ in expected], abs=1e-4)
        assert [greedy for _, greedy in found] == [greedy for _, greedy in expected]


def test_a_prompt_without_tokens_is_read_after_the_start_of_a_document(llama: Subject) -> None:
    model = HarnessModel(llama)
    [(found, _), (blank, _)] = model.loglikelihood([asked("", "bog"), asked(" ", "bog")])
    encode = llama.tokenizer.encode
    assert found == pytest.approx(log_probability(llama, [1], encode("bog")), abs=1e-4)
    assert blank == pytest.approx(log_probability(llama, [1], encode(" bog")), abs=1e-4)
    tokens = [1]
    while len(tokens) < 7 and (len(tokens) == 1 or tokens[-1] != 1):
        tokens.append(int(llama.model(torch.tensor([tokens])).logits[0, -1].argmax()))
    text = llama.tokenizer.decode(tokens, skip_special_tokens=True)
    assert model.generate_until([asked("", {"until": [], "max_gen_toks": 6})]) == [text]


def test_a_special_token_that_a_task_names_ends_an_answer(llama: Subject) -> None:
    """It is left out of texts, where it could not be found."""
    tokenizer = copy.deepcopy(llama.tokenizer)
    [text] = HarnessModel(llama).generate_until([asked("keep", {"until": [], "max_gen_toks": 6})])
    tokenizer.add_special_tokens({"additional_special_tokens": [text[2]]})
    model = HarnessModel(replace(llama, tokenizer=tokenizer))
    [ended] = model.generate_until([asked("keep", {"until": [text[2]], "max_gen_toks": 6})])
    assert ended == text[: text.index(text[2])]


def test_sampled_texts_follow_the_seed(llama: Subject) -> None:
    settings = {"until": [], "max_gen_toks": 8, "do_sample": True, "temperature": 1.0}
    requests = [asked("a bed", settings)] * 2
    first, again = (HarnessModel(llama).generate_until(requests) for _ in range(2))
    assert first == again
    assert first[0] != first[1]
    assert HarnessModel(replace(llama, seed=4)).generate_until(requests) != first


def test_it_tells_how_far_it_is_and_nothing_else(
    llama: Subject, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (folder / "noise.py").write_text("def question(doc):\n    print('noise')\n    return doc['q']\n")
    define(
        folder,
        "noisy",
        QUESTIONS,
        output_type="multiple_choice",
        metrics=["acc"],
    )
    path = folder / "noisy.yaml"
    path.write_text(
        path.read_text().replace("doc_to_text: '{{q}}:'", "doc_to_text: !function noise.question")
    )
    assert "!function" in path.read_text()
    random.seed(7)
    np.random.seed(7)
    states = random.getstate(), np.random.get_state()[1].tolist()
    told: list[tuple[int, int]] = []
    names = ["noisy", "answer", "read"]
    run_harness(
        llama,
        names,
        shots=1,
        limit=None,
        include_path=str(folder),
        progress=lambda done, total: told.append((done, total)),
    )
    assert capfd.readouterr() == ("", "")
    assert [each for each in told if each[0] == each[1]] == [(15, 15), (5, 5), (5, 5)]
    assert (random.getstate(), np.random.get_state()[1].tolist()) == states
    assert logging.root.manager.disable == logging.NOTSET


@pytest.fixture
def few_tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of the harness's own, of which reading all takes seven seconds."""
    own = tmp_path / "own"
    own.mkdir()
    define(own, "hellaswag", QUESTIONS, output_type="multiple_choice", metrics=["acc"])
    monkeypatch.setattr("lm_eval.tasks.manager.__file__", str(own / "manager.py"))


def test_known_tasks_are_the_harness_own_and_those_of_a_folder(folder: Path, few_tasks: None) -> None:
    assert known_tasks(str(folder)) == ["answer", "choose", "hellaswag", "read"]


def refused(subject: Subject, name: str, folder: Path, **settings: Any) -> str:
    with pytest.raises(InputError) as error:
        run_harness(subject, [name], **{"shots": 0, "limit": None, "include_path": str(folder)} | settings)
    return str(error.value)


def test_an_unknown_task_is_told_with_the_nearest(llama: Subject, folder: Path, few_tasks: None) -> None:
    found = refused(llama, "hella_swag", folder)
    assert found == "task 'hella_swag': the evaluation harness has no such task; did you mean 'hellaswag'?"
    assert "`lm-eval ls tasks`" in refused(llama, "zzz", folder)
    assert "no such folder" in refused(llama, "zzz", folder / "nowhere")


def test_data_that_is_not_to_be_had_is_told_in_a_line(llama: Subject, folder: Path) -> None:
    define(
        folder,
        "far",
        QUESTIONS,
        output_type="multiple_choice",
        metrics=["acc"],
        dataset_path="nobody/nothing",
        dataset_kwargs={},
    )
    found = refused(llama, "far", folder)
    assert found.startswith("task 'far': its data is not on this machine: Couldn't reach 'nobody/nothing'")
    assert "with a network" in found
    (folder / "choose.test.jsonl").unlink()
    assert "what it needs is missing: Unable to find" in refused(llama, "choose", folder)
    (folder / "answer.test.jsonl").write_text("{ no JSON\n")
    assert "its data cannot be read" in refused(llama, "answer", folder)


def test_a_task_that_cannot_be_asked_here_is_told(llama: Subject, folder: Path) -> None:
    choice: dict[str, Any] = {"output_type": "multiple_choice", "metrics": ["acc"]}
    define(folder, "unsafe", QUESTIONS, unsafe_code=True, **choice)
    define(folder, "pictures", QUESTIONS, doc_to_image=["q"], **choice)
    define(folder, "broken", QUESTIONS, doc_to_text="{{nothing}}", **choice)
    (folder / "needs.py").write_text("import nobody_has_this\n")
    define(folder, "needy", QUESTIONS, **choice)
    path = folder / "needy.yaml"
    path.write_text(path.read_text().replace("doc_to_text: '{{q}}:'", "doc_to_text: !function needs.this"))
    assert "runs code that models write" in refused(llama, "unsafe", folder)
    assert "asks about images" in refused(llama, "pictures", folder)
    assert "it cannot be loaded: UndefinedError: 'nothing' is undefined" in refused(llama, "broken", folder)
    assert "it needs a package: No module named 'nobody_has_this'" in refused(llama, "needy", folder)


def test_numbers_that_make_no_sense_are_told(llama: Subject, folder: Path) -> None:
    assert "a limit of 0 documents" in refused(llama, "choose", folder, limit=0)
    assert "-1 shots" in refused(llama, "choose", folder, shots=-1)
    assert "4 shots but 3 examples" in refused(llama, "choose", folder, shots=4)
    with pytest.raises(InputError, match="no tasks are named"):
        run_harness(llama, [], shots=0, limit=None)


def test_what_does_not_fit_the_context_or_the_sampler_is_told(llama: Subject) -> None:
    model = HarnessModel(llama)
    with pytest.raises(InputError, match="continuation of 49 tokens exceeds the model's context of 48"):
        model.loglikelihood([asked("a", "b" * 49)])
    with pytest.raises(InputError, match="48 new tokens"):
        model.generate_until([asked("a", {"until": [], "max_gen_toks": 48})])
    with pytest.raises(InputError, match="num_beams=4"):
        model.generate_until([asked("a", {"until": [], "max_gen_toks": 4, "num_beams": 4})])


def test_the_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    package = sys.modules["tutelage.evaluation.harness"]
    for name in [name for name in sys.modules if name.startswith("tutelage.evaluation.harness.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "lm_eval", None)
    for name in [name for name in sys.modules if name.startswith("lm_eval.")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(InputError, match=r"needs lm_eval.*pip install 'tutelage\[harness\]'"):
        importlib.reload(package)
