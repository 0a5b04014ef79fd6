"""User agent → family: which program asked, nothing about who used it."""

import re
from collections.abc import Callable

OTHER_AGENT = "other"
BOT = "bot"
MAX_AGENT = 40
"""No family's name is longer."""

_LONGEST = 400
_KEPT = 16_384
_BOT = re.compile(r"(?<!cu)bot\b|crawl|spider|slurp|scan|monitor|preview|feed|\+http")

# Programs say who they are, browsers who they are like: so the order matters.
_FAMILIES = {
    "googlebot": "Googlebot",
    "bingbot": "Bingbot",
    "yandexbot": "YandexBot",
    "baiduspider": "Baiduspider",
    "duckduckbot": "DuckDuckBot",
    "applebot": "Applebot",
    "petalbot": "PetalBot",
    "amazonbot": "Amazonbot",
    "ahrefsbot": "AhrefsBot",
    "semrushbot": "SemrushBot",
    "mj12bot": "MJ12bot",
    "dotbot": "DotBot",
    "gptbot": "GPTBot",
    "oai-searchbot": "OAI-SearchBot",
    "chatgpt-user": "ChatGPT-User",
    "claudebot": "ClaudeBot",
    "perplexitybot": "PerplexityBot",
    "ccbot": "CCBot",
    "bytespider": "Bytespider",
    "facebookexternalhit": "facebookexternalhit",
    "meta-externalagent": "meta-externalagent",
    "twitterbot": "Twitterbot",
    "linkedinbot": "LinkedInBot",
    "slackbot": "Slackbot",
    "discordbot": "Discordbot",
    "telegrambot": "TelegramBot",
    "whatsapp": "WhatsApp",
    "uptimerobot": "UptimeRobot",
    "pingdom": "Pingdom",
    "statuscake": "StatusCake",
    "elb-healthchecker": "ELB-HealthChecker",
    "googlehc": "GoogleHC",
    "kube-probe": "kube-probe",
    "prometheus": "Prometheus",
    "blackbox": "Blackbox exporter",
    "datadog": "Datadog",
    "zgrab": "zgrab",
    "masscan": "masscan",
    "nmap": "Nmap",
    "nikto": "Nikto",
    "sqlmap": "sqlmap",
    "nuclei": "Nuclei",
    "censysinspect": "CensysInspect",
    "curl/": "curl",
    "wget/": "Wget",
    "httpie": "HTTPie",
    "python-requests": "python-requests",
    "python-httpx": "python-httpx",
    "aiohttp": "aiohttp",
    "python-urllib": "Python-urllib",
    "scrapy": "Scrapy",
    "go-http-client": "Go-http-client",
    "okhttp": "okhttp",
    "apache-httpclient": "Apache-HttpClient",
    "java-http-client": "Java-http-client",
    "java/": "Java",
    "axios": "axios",
    "node-fetch": "node-fetch",
    "undici": "undici",
    "postmanruntime": "PostmanRuntime",
    "insomnia": "Insomnia",
    "libwww-perl": "libwww-perl",
    "guzzlehttp": "GuzzleHttp",
    "faraday": "Faraday",
    "reqwest": "reqwest",
    "powershell": "PowerShell",
    "apachebench": "ApacheBench",
    "k6/": "k6",
    "git/": "git",
    "docker/": "docker",
    "containerd": "containerd",
    "debian apt": "apt",
    "internal dummy connection": "Apache",
}
_BROWSERS = {
    "edg/": "Edge",
    "edga/": "Edge",
    "edgios/": "Edge",
    "edge/": "Edge",
    "opr/": "Opera",
    "opera": "Opera",
    "vivaldi": "Vivaldi",
    "yabrowser": "Yandex Browser",
    "samsungbrowser": "Samsung Internet",
    "ucbrowser": "UC Browser",
    "headlesschrome": "HeadlessChrome",
    "seamonkey": "SeaMonkey",
    "firefox/": "Firefox",
    "fxios/": "Firefox",
    "crios/": "Chrome",
    "chrome/": "Chrome",
    "chromium/": "Chrome",
    "msie": "Internet Explorer",
    "trident/": "Internet Explorer",
    "safari/": "Safari",
    "cfnetwork": "CFNetwork",
    "dalvik": "Dalvik",
}
FAMILIES = frozenset({*_FAMILIES.values(), *_BROWSERS.values(), BOT, OTHER_AGENT})
"""All that a user agent can become, so that none can hold a name or a number."""


class _Families(dict[str, str]):
    """The family of each user agent met lately; so fast since a hit calls no Python."""

    def __missing__(self, text: str) -> str:
        family = _family(text[:_LONGEST])
        if len(text) <= _LONGEST:
            if len(self) >= _KEPT:
                self.clear()
            self[text] = family
        return family


def _family(text: str) -> str:
    if text in ("", "-"):
        return ""
    text = text.lower()
    if family := _find(text, _FAMILIES):
        return family
    return BOT if _BOT.search(text) else _find(text, _BROWSERS) or OTHER_AGENT


def _find(text: str, families: dict[str, str]) -> str:
    return next((family for token, family in families.items() if token in text), "")


_remembered = _Families()
to_family: Callable[[str], str] = _remembered.__getitem__
"""``Chrome`` or ``curl``; ``bot`` or ``other`` for those without a name here, "" for none."""
