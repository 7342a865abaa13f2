"""What lies abroad: everything that is neither known nor said to lie in the country."""

import pytest

from adapters import aliyun, amap, ems_settings, kuaidi100, smtp, tencent, wechat, wecom
from adapters.aliyun import AliyunSms
from adapters.whereabouts import Inside, lies_abroad
from delivery.clock import SystemClock
from delivery.settings import Problem

TEMPLATES = "confirm_address.zh=1,confirm_address.en=2,e_service.zh=3,e_service.en=4"
CARRIER = {"TEMPLATES": TEMPLATES, "CALLBACK_SECRET": "callback-secret-new", "CALLBACK_NETWORKS": "0.0.0.0/0"}
ACCOUNT = {"SECRET": "s", "TOKEN": "t", "AES_KEY": "a" * 43}
SENDER = {f"SENDER_{name}": "1" for name in ("NO", "NAME", "PHONE", "PROVINCE", "CITY", "COUNTY", "STREET")}
GROUPS = {
    "ALIYUN": (aliyun, {"ACCESS_KEY_ID": "k", "ACCESS_KEY_SECRET": "s", **CARRIER}),
    "TENCENT": (tencent, {"SECRET_ID": "k", "SECRET_KEY": "s", "APP_ID": "1", **CARRIER}),
    "SMTP": (smtp, {"HOST": "127.0.0.1", "FROM": "songda@court.example", "CALLBACK_SECRET": "secret"}),
    "EMS": (ems_settings, {"AUTHORIZATION": "a", "SIGN_KEY": "MDEyMzQ1Njc4OWFiY2RlZg==", **SENDER}),
    "KUAIDI100": (kuaidi100, {"KEY": "k", "SALT": "s"}),
    "WECHAT": (wechat, {"APP_ID": "a", "TEMPLATE_ZH": "1", "TEMPLATE_EN": "2", "FIELDS": "code=thing3", **ACCOUNT}),
    "WECOM": (wecom, {"CORP_ID": "c", "AGENT_ID": "1", **ACCOUNT}),
    "AMAP": (amap, {"KEY": "k"}),
}


def is_abroad(group: str, **changes: str) -> bool:
    module, values = GROUPS[group]
    problems: list[Problem] = []
    environ = {f"SONGDA_{group}_{name}": value for name, value in {**values, **changes}.items()}
    settings = module.Settings.from_environ(environ, problems)
    assert settings is not None, problems
    abroad: bool = settings.abroad
    return abroad


@pytest.mark.parametrize("group", GROUPS)
def test_at_home_unless_another_address_is_named_that_nobody_vouches_for(group: str) -> None:
    assert not is_abroad(group)
    where = {"SMTP": "HOST", "EMS": "URL"}.get(group, "API_BASE")
    address = "relay.elsewhere.example" if group == "SMTP" else "https://elsewhere.example"
    assert is_abroad(group, **{where: address})
    assert not is_abroad(group, **{where: address, "INSIDE": "yes"})


@pytest.mark.parametrize(
    ("group", "changes", "abroad"),
    [
        ("ALIYUN", {"API_BASE": "https://dysmsapi.ap-southeast-1.aliyuncs.com"}, True),
        ("ALIYUN", {"API_BASE": "https://dysmsapi.cn-hongkong.aliyuncs.com"}, True),
        ("ALIYUN", {"API_BASE": "https://dysmsapi.cn-hangzhou.aliyuncs.com"}, False),
        ("TENCENT", {"REGION": "ap-singapore"}, True),
        ("TENCENT", {"REGION": "ap-hongkong"}, True),
        ("TENCENT", {"REGION": "ap-beijing"}, False),
        ("TENCENT", {"REGION": "ap-singapore", "INSIDE": "yes"}, False),
        ("TENCENT", {"API_BASE": "https://sms.intl.tencentcloudapi.com"}, True),
        ("WECHAT", {"API_BASE": "https://hk.api.weixin.qq.com"}, True),
        ("WECHAT", {"API_BASE": "https://sh.api.weixin.qq.com"}, False),
        ("SMTP", {"HOST": "relay"}, False),
        ("SMTP", {"HOST": "10.20.0.25"}, False),
        ("SMTP", {"HOST": "8.8.8.8"}, True),
    ],
)
def test_houses_on_both_sides_are_told_apart(group: str, changes: dict[str, str], *, abroad: bool) -> None:
    assert is_abroad(group, **changes) is abroad


@pytest.mark.parametrize("address", ["https://[", "https://dysmsapi.aliyuncs.com.elsewhere.example", "2a00:1450::1"])
def test_what_merely_looks_known_is_not(address: str) -> None:
    assert lies_abroad(address, r"dysmsapi\.aliyuncs\.com", Inside.NO)


def test_the_provider_says_so_itself() -> None:
    values = {f"SONGDA_ALIYUN_{name}": value for name, value in GROUPS["ALIYUN"][1].items()}
    settings = aliyun.Settings.from_environ({**values, "SONGDA_ALIYUN_API_BASE": "https://elsewhere.example"}, [])
    assert settings is not None
    assert AliyunSms(settings, SystemClock().now).capabilities.abroad
    assert not AliyunSms.capabilities.abroad
