"""Texts to tokens and back."""

import copy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tutelage.data.conversation import Message, messages_of, prompt_of
from tutelage.data.template import ChatTemplate, Template, template_for
from tutelage.schema import InputError


def text_of(tokenizer, tokens):
    return tokenizer.decode(tokens, skip_special_tokens=False, clean_up_tokenization_spaces=False)


def test_the_default_puts_a_blank_line_after_the_prompt(tokenizer):
    template = template_for(tokenizer)
    assert template.render("hello") == "hello\n\n"
    assert text_of(tokenizer, template.encode_prompt(tokenizer, "hello")) == "hello\n\n"


def test_a_completion_ends_with_end_of_text_and_a_prompt_does_not(tokenizer):
    template = Template()
    assert template.encode_completion(tokenizer, "world")[-1] == tokenizer.eos_token_id
    assert tokenizer.eos_token_id not in template.encode_prompt(tokenizer, "world")


def test_tokens_do_not_merge_across_the_border(tokenizer):
    # " world" is one token of this tokenizer; "wor" and "ld" apart must stay apart
    template = Template(suffix="")
    prompt, completion = (
        template.encode_prompt(tokenizer, "hello wor"),
        template.encode_completion(tokenizer, "ld"),
    )
    together = tokenizer.encode("hello world", add_special_tokens=False)
    assert prompt + completion[:-1] != together
    assert text_of(tokenizer, prompt + completion[:-1]) == "hello world"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_decoding_gives_back_what_was_encoded(tokenizer, text):
    template = Template()
    assert template.decode_completion(tokenizer, template.encode_completion(tokenizer, text)) == text


def test_text_that_spells_a_special_token_is_only_text(tokenizer):
    template = Template()
    written = "stop <|end|> here"
    assert template.encode_completion(tokenizer, written).count(tokenizer.eos_token_id) == 1
    assert tokenizer.eos_token_id not in template.encode_prompt(tokenizer, written)
    assert template.decode_completion(tokenizer, template.encode_completion(tokenizer, written)) == written


def test_beginning_of_text_is_put_where_the_tokenizer_puts_it(tokenizer, tokenizer_with_bos):
    bos = tokenizer.bos_token_id
    assert bos not in Template().encode_prompt(tokenizer, "hello")
    tokens = Template().encode_prompt(tokenizer_with_bos, "hello")
    assert tokens[0] == bos
    assert tokens.count(bos) == 1
    assert bos not in Template().encode_completion(tokenizer_with_bos, "hello")


def test_a_template_is_parsed_from_one_text():
    assert Template.parse("Q: {prompt}\nA:") == Template("Q: ", "\nA:")
    with pytest.raises(InputError, match="0 times"):
        Template.parse("Q: {promt}")
    with pytest.raises(InputError, match="2 times"):
        Template.parse("{prompt}{prompt}")


def test_the_tokenizers_own_chat_template_is_used(tokenizer):
    chat = copy.deepcopy(tokenizer)
    chat.chat_template = (
        "{% for m in messages %}<|begin|>{{ m.role }}: {{ m.content }}\n{% endfor %}"
        "{% if add_generation_prompt %}assistant:{% endif %}"
    )
    template = template_for(chat)
    assert isinstance(template, ChatTemplate)
    assert template.render("hello") == "<|begin|>user: hello\nassistant:"
    tokens = template.encode_prompt(chat, "hello")
    assert tokens[0] == chat.bos_token_id
    assert text_of(chat, tokens) == "<|begin|>user: hello\nassistant:"


TURNS = (
    "{{ bos_token }}{% for m in messages %}{{ '[' + m.role + '] ' + m.content + ' ' }}{% endfor %}"
    "{% if add_generation_prompt %}[assistant]{% endif %}"
)
STRICT = (
    "{{ bos_token }}{% for m in messages %}"
    "{% if m.role == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
    "{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate') }}{% endif %}"
    "[{{ m.role }}] {{ m.content }} {% endfor %}[assistant]"
)
FORGETFUL = (
    "{% for m in messages %}{% if m.role != 'system' %}[{{ m.role }}] {{ m.content }} {% endif %}{% endfor %}"
)
CONVERSATION = [
    Message(role="system", content="Be brief."),
    Message(role="user", content="hello"),
    Message(role="assistant", content="world"),
    Message(role="user", content="the cat?"),
]


def with_template(tokenizer, text):
    chat = copy.deepcopy(tokenizer)
    chat.chat_template = text
    return chat


@pytest.mark.parametrize("with_bos", [False, True])
@pytest.mark.parametrize("messages", [CONVERSATION, CONVERSATION[1:], CONVERSATION[1:2]])
def test_a_conversation_has_the_tokens_that_transformers_gives_it(
    tokenizer, tokenizer_with_bos, with_bos, messages
):
    """Turn by turn, with one beginning-of-text, whether the tokenizer would put another one there or not."""
    chat = with_template(tokenizer_with_bos if with_bos else tokenizer, TURNS)
    tokens = template_for(chat).encode_prompt(chat, prompt_of(messages))
    assert tokens.count(chat.bos_token_id) == 1
    assert tokens == chat.apply_chat_template(
        [message.model_dump() for message in messages], add_generation_prompt=True, return_dict=False
    )


def test_a_template_without_beginning_of_text_gets_none(tokenizer_with_bos):
    chat = with_template(tokenizer_with_bos, TURNS.removeprefix("{{ bos_token }}"))
    tokens = template_for(chat).encode_prompt(chat, "hello")
    assert chat.bos_token_id not in tokens
    assert text_of(chat, tokens) == "[user] hello [assistant]"


@pytest.mark.parametrize("template", [STRICT, FORGETFUL])
def test_instructions_are_never_lost(tokenizer, template):
    """Where a template refuses them, or passes over them, they stand before the user's first words."""
    chat = with_template(tokenizer, template)
    text = template_for(chat).render(prompt_of(CONVERSATION))
    assert "[user] Be brief.\n\nhello [assistant] world [user] the cat?" in text


def test_turns_that_a_template_refuses_are_one_message(tokenizer):
    chat = with_template(tokenizer, STRICT)
    twice = "Human: hello\n\nHuman: world\n\nAssistant:"
    assert template_for(chat).render(twice) == f"<|begin|>[user] {twice} [assistant]"


def test_a_plain_template_stands_around_whole_dialogues(tokenizer):
    """Also after it was saved in a model's folder: there it must give the tokens that were trained on."""
    plain, dialogue = Template("<", ">"), prompt_of(CONVERSATION)
    saved = with_template(tokenizer, plain.as_chat_template(tokenizer))
    assert template_for(saved).render(dialogue) == plain.render(dialogue) == f"<{dialogue}>"


words = st.from_regex(r"[a-z]{1,6}( [a-z]{1,6}){0,2}", fullmatch=True)


@given(st.none() | words, st.lists(st.tuples(words, words), min_size=1, max_size=3), words)
def test_dialogues_are_read_back_as_their_messages(instructions, pairs, last):
    messages = [Message(role="system", content=instructions)] if instructions else []
    for question, answer in pairs:
        messages += [Message(role="user", content=question), Message(role="assistant", content=answer)]
    messages.append(Message(role="user", content=last))
    assert messages_of(prompt_of(messages)) == messages


@pytest.mark.parametrize(
    "prompt",
    [
        "hello",
        "",
        "Assistant:",
        "Human: a\n\nAssistant: b",
        "Human: a",
        "Be brief.\n\nAssistant:",
        "a Human: b",
    ],
)
def test_what_is_no_dialogue_is_one_message(prompt):
    assert messages_of(prompt) == [Message(role="user", content=prompt)]


@pytest.mark.parametrize("prefix", ["", 'Say "ü😀" \\ {{x}} {%y%}:\n'])
@pytest.mark.parametrize("with_bos", [False, True])
def test_as_a_chat_template_it_gives_the_same_tokens(tokenizer, tokenizer_with_bos, prefix, with_bos):
    plain = tokenizer_with_bos if with_bos else tokenizer
    template = Template(prefix, "\n\nAnswer:")
    saved = copy.deepcopy(plain)
    saved.chat_template = template.as_chat_template(plain)
    assert template_for(saved).encode_prompt(saved, "hello\n world ") == template.encode_prompt(
        plain, "hello\n world "
    )


def test_without_end_of_text_nothing_can_be_trained(tokenizer):
    endless = copy.deepcopy(tokenizer)
    endless.eos_token = None
    with pytest.raises(InputError, match="end-of-text"):
        Template().encode_completion(endless, "hello")
