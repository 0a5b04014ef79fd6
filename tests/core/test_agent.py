import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logwatcher.core import agent
from logwatcher.core.agent import FAMILIES, MAX_AGENT, to_family

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
ANDROID = "Mozilla/5.0 (Linux; Android 10; K)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X)"
AGENTS = [
    ("", ""),
    ("-", ""),
    (f"{WINDOWS} {WEBKIT} Chrome/126.0.0.0 Safari/537.36", "Chrome"),
    (f"{ANDROID} {WEBKIT} Chrome/126.0.0.0 Mobile Safari/537.36", "Chrome"),
    (f"{IPHONE} {SAFARI} CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1", "Chrome"),
    (f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} HeadlessChrome/126.0.0.0", "HeadlessChrome"),
    (f"{WINDOWS} {WEBKIT} Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0", "Edge"),
    (f"{ANDROID} {WEBKIT} Chrome/126.0.0.0 Mobile Safari/537.36 EdgA/126.0.0.0", "Edge"),
    (f"{IPHONE} {SAFARI} Version/17.0 EdgiOS/126.0 Mobile/15E148 Safari/604.1", "Edge"),
    (f"{WINDOWS} {WEBKIT} Chrome/64.0 Safari/537.36 Edge/17.17134", "Edge"),
    (f"{WINDOWS} {WEBKIT} Chrome/126.0.0.0 Safari/537.36 OPR/111.0.0.0", "Opera"),
    ("Opera/9.80 (Windows NT 6.1) Presto/2.12.388 Version/12.18", "Opera"),
    (f"{ANDROID} {WEBKIT} SamsungBrowser/25.0 Chrome/121.0.0.0 Safari/537.36", "Samsung Internet"),
    (f"{WINDOWS} {WEBKIT} Chrome/124.0.0.0 YaBrowser/24.6.0 Safari/537.36", "Yandex Browser"),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0", "Firefox"),
    (f"{IPHONE} {SAFARI} FxiOS/127.0 Mobile/15E148 Safari/605.1.15", "Firefox"),
    (f"{IPHONE} {SAFARI} Version/17.5 Mobile/15E148 Safari/604.1", "Safari"),
    (
        f"Mozilla/5.0 (Macintosh; Intel Mac OS X 14_4) {SAFARI} Version/17.4 Safari/605.1.15",
        "Safari",
    ),
    ("Mozilla/5.0 (Windows NT 10.0; Trident/7.0; rv:11.0) like Gecko", "Internet Explorer"),
    ("Mozilla/4.0+(compatible;+MSIE+8.0;+Windows+NT+6.1)", "Internet Explorer"),
    ("Mozilla/5.0+(Windows+NT+10.0)+AppleWebKit/537.36+Chrome/126.0+Safari/537.36", "Chrome"),
    ("Mozilla/5.0%20(X11;%20rv:126.0)%20Gecko/20100101%20Firefox/126.0", "Firefox"),
    (f"Mozilla/5.0 (Linux; Android 9; CUBOT_X19) {WEBKIT} Chrome/126.0 Safari/537.36", "Chrome"),
    ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Googlebot"),
    (
        f"{ANDROID} {WEBKIT} Chrome/126.0 Mobile Safari/537.36"
        " (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Googlebot",
    ),
    ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", "Bingbot"),
    ("Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)", "YandexBot"),
    ("Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)", "AhrefsBot"),
    (f"Mozilla/5.0 {WEBKIT}; compatible; GPTBot/1.2; +https://openai.com/gptbot)", "GPTBot"),
    ("Mozilla/5.0 (compatible; ClaudeBot/1.0; +claudebot@anthropic.com)", "ClaudeBot"),
    (
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        "facebookexternalhit",
    ),
    ("Mozilla/5.0 (compatible; NewBot/0.1; contact ada@example.com)", "bot"),
    ("Mozilla/5.0 (compatible; example-crawler; +https://example.com)", "bot"),
    ("my-site-monitor", "bot"),
    ("Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)", "UptimeRobot"),
    ("ELB-HealthChecker/2.0", "ELB-HealthChecker"),
    ("kube-probe/1.29", "kube-probe"),
    ("Prometheus/2.52.0", "Prometheus"),
    ("curl/8.7.1", "curl"),
    ("Wget/1.21.4", "Wget"),
    ("python-requests/2.32.3", "python-requests"),
    ("python-httpx/0.27.0", "python-httpx"),
    ("Python/3.12 aiohttp/3.9.5", "aiohttp"),
    ("Python-urllib/3.11", "Python-urllib"),
    ("Go-http-client/1.1", "Go-http-client"),
    ("okhttp/4.12.0", "okhttp"),
    ("Apache-HttpClient/4.5.14 (Java/17.0.11)", "Apache-HttpClient"),
    ("Java/1.8.0_412", "Java"),
    ("axios/1.7.2", "axios"),
    ("PostmanRuntime/7.39.0", "PostmanRuntime"),
    ("GuzzleHttp/7", "GuzzleHttp"),
    ("Mozilla/5.0 zgrab/0.x", "zgrab"),
    ("Shop/1.2 CFNetwork/1496.0.7 Darwin/23.5.0", "CFNetwork"),
    ("Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8)", "Dalvik"),
    ("Apache/2.4.59 (Debian) (internal dummy connection)", "Apache"),
    ("Mozilla/5.0", "other"),
    ("ada@example.com", "other"),
    ("<script>alert(1)</script>", "other"),
]


@pytest.mark.parametrize(("text", "family"), AGENTS)
def test_a_user_agent_is_reduced_to_its_family(text: str, family: str) -> None:
    assert to_family(text) == family


@given(st.text())
def test_nothing_of_a_text_can_get_into_a_family(text: str) -> None:
    assert to_family(text) in FAMILIES | {""}


def test_families_are_short() -> None:
    assert max(map(len, FAMILIES)) <= MAX_AGENT


def test_agents_that_are_remembered_are_bounded() -> None:
    for number in range(20_000):
        assert to_family(f"curl/{number}") == "curl"
        assert to_family(f"curl/{number} {'x' * 1000}") == "curl"
    remembered = agent._remembered
    assert len(remembered) <= 16_384
    assert sum(map(sys.getsizeof, remembered)) < 4 << 20
