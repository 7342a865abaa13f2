"""The words of an e-mail: both languages, and everything that every message has to say."""

import re
from contextlib import closing
from pathlib import Path

import pytest

from tests.delivery.scene import EMAIL, Scene, mail_relay

CHINESE = (
    "云州市青河区人民法院",
    "法院不会索要钱款、银行卡或完整身份证号",
    "1 邮寄，2 到院领取，3 非本人，4 请回电",
)
ENGLISH = (
    "Qinghe District Court",
    "never asks for money, bank cards or a full ID number",
    "1 post it, 2 I collect it, 3 not me, 4 call me",
)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_mail_says_it_in_both_languages_the_recipient_s_own_first(
    tables_url: str, tmp_path: Path, language: str
) -> None:
    mails = mail_relay()
    with closing(Scene(tables_url, f"file://{tmp_path / 'blobs'}", (mails,))) as scene:
        scene.open(EMAIL, language=language)
        scene.run()
    (mail,) = mails.sent
    parts = mail.text.split("—" * 12)
    chinese, english = parts if language == "zh" else reversed(parts)
    for part, own_words in ((chinese, CHINESE), (english, ENGLISH)):
        assert all(one in part for one in (*own_words, "（2026）云0102民初1号", "12368"))
        assert re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}", part)
        assert re.search(r"http://127\.0\.0\.1:8100/e/\S+", part)
        assert "http://127.0.0.1:8100/s" in part
    assert mail.html.count("<a href=") == 2
    assert mail.subject.startswith("云州市青河区人民法院" if language == "zh" else "Qinghe District Court")
