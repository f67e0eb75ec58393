"""Texts to tokens and back."""

import copy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
