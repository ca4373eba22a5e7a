"""Names, cities and devices of the demo company's public, by culture.

Everything is made up: addresses stand in reserved domains (RFC 2606), so that no message
of a careless set-up can reach anybody.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class City:
    """Where somebody lives; ``weight`` is its share among people of the culture."""

    name: str
    country: str
    zone: str
    weight: int


@dataclass(frozen=True, kw_only=True)
class Culture:
    """A language with its people. ``dial`` begins their phone numbers, ``digits`` follow."""

    locale: str
    weight: int
    dial: str
    digits: int
    first: tuple[str, ...]
    last: tuple[str, ...]
    latin: tuple[tuple[str, ...], tuple[str, ...]]
    cities: tuple[City, ...]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _city(name: str, country: str, zone: str, weight: int) -> City:
    return City(name=name, country=country, zone=zone, weight=weight)


_ES_FIRST = _words(
    "Lucía Hugo Martina Mateo Sofía Daniel Julia Pablo Valeria Álvaro Carmen Adrián Elena Diego"
    " Paula Manuel Sara Javier Alba Marcos Irene Raúl Noelia Sergio Ángela Iván Rocío Óscar"
)
_ES_LAST = _words(
    "García Rodríguez González Fernández López Martínez Sánchez Pérez Gómez Martín Jiménez Ruiz"
    " Hernández Díaz Moreno Muñoz Álvarez Romero Alonso Gutiérrez Navarro Torres Domínguez Gil"
)
_CA_FIRST = _words(
    "Marc Laia Pol Aina Jordi Núria Arnau Mireia Biel Montserrat Oriol Mercè Pau Estel Roger"
    " Clàudia Guillem Berta Martí Gemma Nil Ariadna Xavier Roser Ferran Neus"
)
_CA_LAST = _words(
    "Puig Soler Vila Serra Ferrer Roca Pons Casals Bosch Mas Riera Vidal Costa Font Sala Camps"
    " Prat Rovira Molins Grau Valls Coll Bonet Esteve"
)
_RU_FIRST = _words(
    "Анна Иван Мария Алексей Екатерина Дмитрий Ольга Сергей Наталья Михаил Татьяна Андрей Елена"
    " Павел Юлия Никита Светлана Артём Ирина Максим Дарья Егор Полина Илья"
)
_RU_LAST = _words(
    "Морозенко Кузьменко Белых Черных Седых Ткачук Мельник Бондарь Гончар Коваль Шевчук Левин"
    " Рудь Долгих Крамаренко Лысенко Марченко Назаренко Савченко Федоренко"
)
_RU_FIRST_LATIN = _words(
    "anna ivan maria alexey ekaterina dmitry olga sergey natalia mikhail tatiana andrey elena"
    " pavel yulia nikita svetlana artem irina maxim daria egor polina ilya"
)
_RU_LAST_LATIN = _words(
    "morozenko kuzmenko belykh chernykh sedykh tkachuk melnik bondar gonchar koval shevchuk levin"
    " rud dolgikh kramarenko lysenko marchenko nazarenko savchenko fedorenko"
)
_ZH_FIRST = _words(
    "伟 芳 娜 敏 静 丽 强 磊 洋 艳 勇 军 杰 娟 涛 明 超 秀兰 霞 平 刚 桂英 建华 晓明 子涵 雨桐 欣怡 浩然"
)
_ZH_LAST = _words("王 李 张 刘 陈 杨 黄 赵 吴 周 徐 孙 马 朱 胡 郭 何 高 林 罗")
_ZH_FIRST_LATIN = _words(
    "wei fang na min jing li qiang lei yang yan yong jun jie juan tao ming chao xiulan xia ping"
    " gang guiying jianhua xiaoming zihan yutong xinyi haoran"
)
_ZH_LAST_LATIN = _words(
    "wang li zhang liu chen yang huang zhao wu zhou xu sun ma zhu hu guo he gao lin luo"
)
_EN_FIRST = _words(
    "Olivia Noah Amelia Oliver Isla George Ava Arthur Mia Harry Grace Leo Freya Jack Emily Charlie"
    " Sophie Henry Alice Oscar Ella Thomas Ruby James Chloe William"
)
_EN_LAST = _words(
    "Smith Jones Taylor Brown Williams Wilson Johnson Davies Patel Wright Walker White Green Hall"
    " Wood Harris Clark Murphy Kelly O'Neill Byrne Miller Davis Moore"
)


def _plain(words: tuple[str, ...]) -> tuple[str, ...]:
    table = str.maketrans("áàéèíïóòúüñçÁÀÉÈÍÓÒÚÜÑÇ", "aaeeiioouuncAAEEIOOUUNC", "'·")
    return tuple(word.translate(table).lower() for word in words)


CULTURES: tuple[Culture, ...] = (
    Culture(
        locale="es",
        weight=34,
        dial="+346",
        digits=8,
        first=_ES_FIRST,
        last=_ES_LAST,
        latin=(_plain(_ES_FIRST), _plain(_ES_LAST)),
        cities=(
            _city("Madrid", "ES", "Europe/Madrid", 5),
            _city("València", "ES", "Europe/Madrid", 3),
            _city("Zaragoza", "ES", "Europe/Madrid", 2),
            _city("Barcelona", "ES", "Europe/Madrid", 4),
            _city("Las Palmas", "ES", "Atlantic/Canary", 1),
        ),
    ),
    Culture(
        locale="ca",
        weight=26,
        dial="+346",
        digits=8,
        first=_CA_FIRST,
        last=_CA_LAST,
        latin=(_plain(_CA_FIRST), _plain(_CA_LAST)),
        cities=(
            _city("Barcelona", "ES", "Europe/Madrid", 6),
            _city("Girona", "ES", "Europe/Madrid", 2),
            _city("Tarragona", "ES", "Europe/Madrid", 2),
            _city("Andorra la Vella", "AD", "Europe/Andorra", 1),
        ),
    ),
    Culture(
        locale="en",
        weight=18,
        dial="+4479",
        digits=8,
        first=_EN_FIRST,
        last=_EN_LAST,
        latin=(_plain(_EN_FIRST), _plain(_EN_LAST)),
        cities=(
            _city("London", "GB", "Europe/London", 5),
            _city("Dublin", "IE", "Europe/Dublin", 2),
            _city("New York", "US", "America/New_York", 2),
            _city("Barcelona", "ES", "Europe/Madrid", 2),
        ),
    ),
    Culture(
        locale="ru",
        weight=12,
        dial="+7916",
        digits=7,
        first=_RU_FIRST,
        last=_RU_LAST,
        latin=(_RU_FIRST_LATIN, _RU_LAST_LATIN),
        cities=(
            _city("Москва", "RU", "Europe/Moscow", 4),
            _city("Санкт-Петербург", "RU", "Europe/Moscow", 3),
            _city("Новосибирск", "RU", "Asia/Novosibirsk", 1),
            _city("Barcelona", "ES", "Europe/Madrid", 2),
        ),
    ),
    Culture(
        locale="zh-Hans",
        weight=10,
        dial="+86138",
        digits=8,
        first=_ZH_FIRST,
        last=_ZH_LAST,
        latin=(_ZH_FIRST_LATIN, _ZH_LAST_LATIN),
        cities=(
            _city("上海", "CN", "Asia/Shanghai", 4),
            _city("北京", "CN", "Asia/Shanghai", 3),
            _city("成都", "CN", "Asia/Shanghai", 1),
            _city("Barcelona", "ES", "Europe/Madrid", 2),
        ),
    ),
)

MAIL_DOMAINS = ("mail.example", "post.example", "inbox.example", "example.com", "example.org")
COMPANIES: tuple[tuple[str, str, dict[str, object]], ...] = (
    (
        "Hotel Miramar",
        "miramar.example",
        {"trade": "hotel", "employees": 85, "orders_from": ["cakes", "flour"]},
    ),
    (
        "Cafè de la Plaça",
        "placa.example",
        {"trade": "café", "employees": 9, "orders_from": ["cakes"]},
    ),
    (
        "Restaurant Can Roure",
        "canroure.example",
        {"trade": "restaurant", "employees": 22, "orders_from": ["flour", "courses"]},
    ),
    (
        "Pastelería La Espiga",
        "laespiga.example",
        {"trade": "bakery", "employees": 14, "orders_from": ["flour", "tools"]},
    ),
    (
        "Obrador del Carme",
        "carme.example",
        {"trade": "bakery", "employees": 6, "orders_from": ["flour"]},
    ),
    (
        "Grand Hotel Nevsky",
        "nevsky.example",
        {"trade": "hotel", "employees": 240, "orders_from": ["courses"]},
    ),
    (
        "Кофейня «Север»",
        "sever.example",
        {"trade": "café", "employees": 12, "orders_from": ["cakes"]},
    ),
    (
        "花园饭店",
        "huayuan.example",
        {"trade": "hotel", "employees": 130, "orders_from": ["courses", "cakes"]},
    ),
    (
        "Bluebell Tea Rooms",
        "bluebell.example",
        {"trade": "café", "employees": 7, "orders_from": ["cakes"]},
    ),
    (
        "Harbour Street Bakery",
        "harbour.example",
        {"trade": "bakery", "employees": 18, "orders_from": ["flour", "tools"]},
    ),
    (
        "Catering Els Tres Pins",
        "trespins.example",
        {"trade": "catering", "employees": 35, "orders_from": ["cakes", "flour"]},
    ),
    (
        "Escola d'Hostaleria del Nord",
        "hostaleria.example",
        {"trade": "school", "employees": 60, "orders_from": ["courses", "tools"]},
    ),
)
