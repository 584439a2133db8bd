import pytest

from glotlift.clients import LocalModel, RecordedModel, ScriptedModel, ServerModel
from glotlift.objectives.instructions import InstructionTuning
from glotlift.runs.errors import GlotliftError
from glotlift.runs.protocols import Talker
from serving import Speaker, serving

ASKED = {"role": "user", "content": "the cat"}
ANSWERED = {"role": "assistant", "content": "sees a dog"}
AGAIN = {"role": "user", "content": "наша кошка"}
TALK = [ASKED, ANSWERED, AGAIN]
TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}{{ m.role }}:{{ m.content }}</s>{% endfor %}"
    "{% if add_generation_prompt %}assistant:{% endif %}"
)


class Listening(LocalModel):
    """A local model that says which tokens it read."""

    def _continue(self, rows, *settings):
        self.read = rows
        return super()._continue(rows, *settings)


@pytest.mark.parametrize("template", [None, TEMPLATE])
def test_a_conversation_is_read_as_it_is_learnt(tiny, template):
    model, tokenizer = tiny("causal")
    tokenizer.chat_template = template
    learnt, _ = InstructionTuning(tokenizer).write([*TALK, ANSWERED], "")
    client = Listening(model, tokenizer)
    client.chat([TALK], max_new_tokens=2)
    (read,) = client.read
    assert learnt[: len(read)] == read
    assert tokenizer.decode(learnt[len(read) :]) == "sees a dog</s>"


def test_what_was_said_before_changes_the_answer(tiny):
    client = LocalModel(*tiny("causal"))
    alone, after = client.chat([[AGAIN], TALK], max_new_tokens=8)
    assert alone != after
    assert client.chat([TALK], max_new_tokens=8) == [after]


def test_a_server_is_sent_all_messages():
    speaker = Speaker(chat=str.upper)
    with serving(speaker) as url:
        client = ServerModel(url, "m", system="Be brief.")
        assert client.chat([TALK], max_new_tokens=5) == ["НАША КОШКА"]
        assert isinstance(client, Talker)
    (body,) = speaker.bodies
    assert body["messages"] == [{"role": "system", "content": "Be brief."}, *TALK]


def test_conversations_are_remembered_whole(tmp_path):
    script = ScriptedModel(talk=lambda messages: f"{len(messages)} {messages[-1]['content']}")
    recorded = RecordedModel(tmp_path / "calls.jsonl", script)
    said = recorded.chat([[ASKED], TALK], max_new_tokens=9, stop=["t"])
    assert said == ["1 ", "3 наша ко"]
    replay = RecordedModel(tmp_path / "calls.jsonl")
    assert replay.chat([TALK, [ASKED]], max_new_tokens=9, stop=["t"]) == said[::-1]
    with pytest.raises(GlotliftError, match="GL-CLIENT-015"):
        replay.chat([[AGAIN]], max_new_tokens=9, stop=["t"])


def test_a_script_without_talk_refuses():
    with pytest.raises(GlotliftError, match="GL-CLIENT-006"):
        ScriptedModel(reply=str.upper).chat([TALK], max_new_tokens=1)
