"""``normtheory app`` under attack: what an address or a header says never becomes part of a page,
and a script that got into one would not run."""

import ast
import contextlib
import functools
import http.client
import os
import re
import shutil
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import jupyter_server
import jupyterlab_server
import lab
import pytest
import tornado
import voila
from patience import slowness, until
from shown import rarely
from window import new_context

from normtheory.pages.app import TEMPLATES

pytestmark = pytest.mark.browser
PACKAGES = (voila, jupyter_server, jupyterlab_server, tornado)
ELSEWHERE = "http://elsewhere.test"


def arguments(package):
    """The names of the query arguments that a package reads, from its sources."""
    for path in Path(package.__file__).parent.rglob("*.py"):
        if "test" in path.parent.parts or "tests" in path.parent.parts:
            continue
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text if "argument" in text else "")):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                asks = re.fullmatch(r"get_(query_|body_)?arguments?", node.func.attr)
                name = node.args[0] if asks and node.args else None
            elif isinstance(node, ast.Compare) and ast.unparse(node).endswith(".arguments"):
                name = node.left
            else:
                continue
            if isinstance(name, ast.Constant):
                yield name.value


@functools.cache
def names():
    """Those of all packages, and one that none reads; looked for where they are tried."""
    return sorted({name for package in PACKAGES for name in arguments(package)} | {"anything"})


def ran(what):
    """JavaScript that leaves a trace in the page, or in the page around it."""
    return f"(top.ran??=[]).push('{what}')"


def breaking(name):
    """A text that leaves whatever a page puts it in, and runs a script there."""
    ends = "'\"></script></title></style></textarea></option>"
    return f'{ends}<img src=x onerror="{ran(name)}"><script>{ran(name)}</script>'


# ways to run a script, each leaving its name; `javascript:` waits for a click
WAYS = {
    "image": f'<img src=x onerror="{ran("image")}">',
    "drawing": f'<svg onload="{ran("drawing")}"></svg>',
    "script": f"<script>{ran('script')}</script>",
    "module": f"<script type=module>{ran('module')}</script>",
    "data": f'<script src="data:text/javascript,{quote(ran("data"))}"></script>',
    "frame": f'<iframe srcdoc="<script>{ran("frame")}</script>"></iframe>',
    "elsewhere": f'<script src="{ELSEWHERE}/script.js"></script>',
    # a script of this server's own that runs what an attribute names
    "loader": f'<script data-main="data:text/javascript,{quote(ran("loader"))}" '
    'src="/voila/static/require.min.js"></script>',
    "link": f'<a id="link" href="javascript:{ran("link")}">link</a>',
}
REST = f'<object data="{ELSEWHERE}/object"></object><base href="{ELSEWHERE}/">'


@pytest.fixture(scope="module")
def address(app):
    """The address of the app, with its token."""
    return app.printed


@pytest.fixture(scope="module")
def log(app):
    """Where the server's output goes."""
    return app.log


@pytest.fixture(scope="module")
def open_address(tmp_path_factory):
    """The app as it would be if a theme were part of the page as it stands."""
    folder, log = tmp_path_factory.mktemp("pages"), tmp_path_factory.mktemp("open") / "log"
    lab.put(folder, "page", lab.PLAIN)
    templates = log.with_name("jupyter")
    shutil.copytree(TEMPLATES, templates)
    index = templates / "voila/templates/normtheory/index.html.j2"
    fine = index.read_text()
    assert fine.count('data-voila="voila"') == 1
    index.write_text(fine.replace('data-voila="voila"', 'data-x="{{ resources.theme }}"'))
    program = log.with_name("open.py")
    program.write_text(
        "from normtheory import cli\n"
        "from normtheory.pages import app\n"
        f"app.TEMPLATES = {os.fspath(templates)!r}\n"
        "chosen = app.options\n"
        "app.options = lambda *a, **k: [o.replace('=NOTEBOOK', '=YES') for o in chosen(*a, **k)]\n"
        "app.prepare = None\n"
        "cli.main()\n"
    )
    with lab.serve_app(folder, log, [str(program)]) as opened:
        yield opened.printed


def ask(address, path, method="GET", **headers):
    """The answer to one request: status, headers, body."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30 * slowness())
    with contextlib.closing(connection):
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode("utf-8", "replace")


def place(address, path, **query):
    """A path of the app, with its token and a query."""
    token = urlsplit(address).query.partition("=")[2]
    return f"{path}?{urlencode({'token': token} | query)}"


@pytest.fixture(scope="module")
def visitor(browser, address):
    """A page that has shown its token, in a browser that ignores policies: what got into a page
    would run."""
    context = new_context(browser, bypass_csp=True)
    page = context.new_page()
    page.goto(address)
    yield page
    context.close()


def assert_harmless(page, what):
    assert not page.locator("img[src=x]").count(), f"{what} became part of the page"
    assert not page.evaluate("window.ran"), f"{what} ran a script"


def test_the_list_of_arguments_is_the_packages_own():
    assert {"theme", "template", "classic-tree", "next", "token", "format", "_xsrf"} <= set(names())


@pytest.mark.parametrize(
    "path", ["/", "/login", *rarely("/voila/tree", "/nothing", "/voila/render/none.ipynb")]
)
def test_no_argument_becomes_part_of_a_page(visitor, address, path):
    parts = urlsplit(address)
    query = urlencode({name: breaking(name) for name in names()})
    visitor.goto(f"{parts.scheme}://{parts.netloc}{path}?{query}")
    assert_harmless(visitor, f"an argument of {path}")
    # one alone, too, and written as no browser would
    for name in names():
        text = breaking(name).replace(" ", "%20")
        own = "" if name == "token" else f"{parts.query}&"
        body = ask(address, f"{path}?{own}{name}={text}")[2]
        assert "<img" not in body and "<script>" not in body, f"{name} of {path}"


@pytest.mark.parametrize(
    "path", ["/{}", "/voila/tree/{}", "/voila/render/{}.ipynb", "/voila/files/{}", "/login/{}"]
)
def test_no_part_of_a_path_becomes_part_of_a_page(visitor, address, path):
    parts = urlsplit(address)
    text = quote(breaking("path"), safe="")
    visitor.goto(f"{parts.scheme}://{parts.netloc}{path.format(text)}")
    assert_harmless(visitor, path)


def test_neither_an_argument_nor_its_name_becomes_part_of_a_notebooks_page(visitor, address):
    visitor.goto(address)
    place = visitor.get_by_role("link", name=lab.ATTACK).evaluate("link => link.href")
    visitor.goto(f"{place}?{urlencode({name: breaking(name) for name in names()})}")
    visitor.get_by_text("the end").wait_for()
    assert visitor.title().startswith("<img")
    assert_harmless(visitor, "an argument or the name")


@pytest.mark.parametrize(
    "name", ["Referer", "User-Agent", "Accept-Language", "Origin", "X-Forwarded-Host", "Cookie"]
)
def test_no_header_becomes_part_of_a_page(address, name):
    pages = ("/", "/nothing", "/voila/render/none.ipynb")
    for path in ("/login", *(place(address, page) for page in pages)):
        body = ask(address, path, **{name: breaking(name)})[2]
        assert "<main>" in body and "<img" not in body and "<script>" not in body, path


@pytest.mark.parametrize(("site", "status"), [("cross-site", 403), ("same-origin", 404)])
def test_another_site_can_ask_for_no_change(address, site, status):
    path = place(address, "/voila/api/shutdown/none")
    assert ask(address, path, "POST", **{"Sec-Fetch-Site": site})[0] == status


def test_a_name_that_others_gave_this_machine_is_refused(address):
    for host in ("elsewhere.test", "127.0.0.1.elsewhere.test", breaking("host")):
        status, _, body = ask(address, place(address, "/"), Host=host)
        assert status in (400, 403) and "<img" not in body and "A page" not in body
    port = urlsplit(address).port
    assert ask(address, place(address, "/"), Host=f"localhost:{port}")[0] == 200


@pytest.mark.parametrize(
    "target",
    [
        *(f"{ELSEWHERE}/", "//elsewhere.test/"),
        *rarely("/\\elsewhere.test", "javascript:document.title=1"),
    ],
)
def test_a_login_leads_to_no_other_place(browser, address, target):
    parts = urlsplit(address)
    with contextlib.closing(new_context(browser)) as context:
        page = context.new_page()
        page.goto(f"{parts.scheme}://{parts.netloc}/login?{urlencode({'next': target})}")
        page.get_by_label("token").fill(parts.query.partition("=")[2])
        page.get_by_role("button").click()
        page.get_by_label("token").wait_for(state="detached")
        assert urlsplit(page.url).netloc == parts.netloc
        assert page.title() == "normtheory"
        assert any(cookie["httpOnly"] for cookie in context.cookies()), "it was no login"


@pytest.mark.parametrize("obeys", [True, False], ids=["the policy", "no policy"])
def test_a_script_that_got_into_a_page_does_not_run(browser, open_address, obeys):
    """The same attack runs where the policy is ignored, so it is the policy that stops it."""
    context = new_context(browser, bypass_csp=not obeys)
    context.route(
        f"{ELSEWHERE}/**",
        lambda route: route.fulfill(body=ran("elsewhere"), content_type="text/javascript"),
    )
    page = context.new_page()
    refused = []
    page.on("console", lambda message: refused.append(message.text))
    attack = '">' + "".join(WAYS.values()) + REST
    start = place(open_address, "/voila/render/page.ipynb", theme=attack)
    parts = urlsplit(open_address)
    page.goto(f"{parts.scheme}://{parts.netloc}{start}", wait_until="load")
    assert page.locator("img[src=x]").count() == 1, "the attack is not on the page"
    page.locator("#link").evaluate("link => link.click()")
    seen = lambda: set(page.evaluate("window.ran") or [])  # noqa: E731
    if obeys:
        for directive in ("script-src", "base-uri", "object-src"):
            until(
                lambda: any("Content Security Policy" in t and directive in t for t in refused),  # noqa: B023
                f"a refusal by {directive}",
                rest=lab.resting(page),
            )
        assert seen() == set()
        assert urlsplit(page.evaluate("document.baseURI")).netloc == parts.netloc
    else:
        until(lambda: seen() == set(WAYS), lambda: f"more than {seen()}", rest=lab.resting(page))
        assert page.evaluate("document.baseURI").startswith(ELSEWHERE)
    context.close()


# what each handler answers, and to what
ANSWERS = [
    (200, "GET", "/"),
    (200, "GET", "/?classic-tree=true"),
    (200, "GET", "/login"),
    (200, "GET", "/logout"),
    (200, "GET", "/voila/static/voila.js"),
    (200, "GET", "/voila/templates/normtheory/static/page.js"),
    (200, "GET", "/voila/labextensions/anywidget/package.json"),
    (302, "GET", "/voila/render/"),
    (302, "GET", "/login?next=%2F"),
    (400, "GET", "/voila/render/page.ipynb?theme=%ff"),
    (400, "GET", "/voila/api/contents/?format=wrong"),
    (400, "GET", "/voila/execution/0-0-0-0-0"),
    (403, "GET", "/voila/files/page.ipynb"),
    (404, "GET", "/nothing"),
    (404, "GET", "/voila/render/none.ipynb"),
    (404, "GET", "/voila/tree/none"),
    (404, "GET", "/voila/files/none.png"),
    (404, "GET", "/voila/api/themes/none"),
    (404, "GET", "/voila/api/contents/none"),
    (404, "GET", "/api/kernels/0-0-0-0-0"),
    (404, "GET", "/api/kernels/0-0-0-0-0/channels"),
    (404, "POST", "/voila/api/shutdown/none"),
    (405, "PUT", "/"),
    (405, "NONE", "/"),
    (500, "GET", "/voila/templates/none"),
]


@pytest.mark.parametrize(("status", "method", "path"), ANSWERS)
def test_every_answer_has_the_policy_and_no_traceback(address, status, method, path):
    query = urlsplit(address).query
    path = f"{path}{'&' if '?' in path else '?'}{query}"
    # the login page is for those who have no token
    answered, headers, body = ask(
        address, "/login" if path.startswith("/login?token") else path, method
    )
    assert answered == status
    policy = dict(
        each.partition(" ")[::2] for each in headers["Content-Security-Policy"].split("; ")
    )
    assert policy["script-src"] == "'self' blob:"
    assert policy["default-src"] == policy["object-src"] == policy["base-uri"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert all("; SameSite=Strict" in cookie for cookie in headers.get_all("Set-Cookie", []))
    if status >= 400:
        assert "Traceback" not in body and "Error:" not in body and os.sep + "lib" not in body


def test_without_the_token_nothing_is_served_but_the_login(address):
    for path in ("/", "/voila/render/page.ipynb", "/voila/static/voila.js", "/voila/files/x.png"):
        status, headers, _ = ask(address, path)
        assert status == 302 and headers["Location"].startswith("/login?next="), path


def test_no_line_of_the_log_has_the_token(address, log):
    query = urlsplit(address).query
    token = query.partition("=")[2]
    hidden = query.replace("token", "%74oken")  # is read as token, too
    for _, method, path in ANSWERS:
        for key in (query, hidden):
            ask(address, f"{path}{'&' if '?' in path else '?'}{key}", method, Referer=address)
    ask(address, f"/nothing-{token}?{query}")
    ask(address, f"/login?{urlencode({'next': f'//elsewhere.test/{token}', 'token': token})}")
    ask(address, f"/voila/render/page.ipynb&{query}", Referer=f"{ELSEWHERE}/?{query}")
    written = log.read_text()
    for line in (
        "404 GET /nothing\n",
        "404 GET /nothing-[token]\n",
        "500 GET /voila/templates/none\n",
    ):
        assert line in written
    # it is printed once, for the reader
    assert [line for line in written.splitlines() if token in line] == [address]
    assert "Traceback" not in written


def test_the_browser_that_is_opened_brings_the_token_along(page, address, app):
    page.goto(app.opened.read_text())
    page.get_by_role("link", name="page", exact=True).wait_for()
    assert urlsplit(page.url).netloc == urlsplit(address).netloc


def test_a_link_on_another_site_brings_no_cookie_along(page, address):
    page.goto(address)
    (cookie,) = [each for each in page.context.cookies() if each["name"].startswith("username")]
    assert cookie["sameSite"] == "Strict" and cookie["httpOnly"]
    parts = urlsplit(address)
    target = f"{parts.scheme}://{parts.netloc}/voila/tree"
    page.goto(target)
    assert "/login" not in page.url
    link = f'<a href="{target}">link</a>'
    page.route(f"{ELSEWHERE}/", lambda route: route.fulfill(body=link, content_type="text/html"))
    page.goto(f"{ELSEWHERE}/")
    page.get_by_role("link").click()
    page.get_by_label("token").wait_for()


def test_no_other_page_may_frame_it(page, address):
    frame = f'<iframe src="{address}"></iframe>'
    page.route(f"{ELSEWHERE}/", lambda route: route.fulfill(body=frame, content_type="text/html"))
    page.goto(f"{ELSEWHERE}/", wait_until="load")
    assert not page.frames[1].get_by_role("heading").count()


@pytest.mark.slow
def test_a_page_is_dark_where_the_reader_is_and_else_light(browser, address):
    for scheme, query in (("dark", "?theme=dark"), ("light", "")):
        with contextlib.closing(new_context(browser, color_scheme=scheme)) as context:
            page = context.new_page()
            page.goto(address)
            link = page.get_by_role("link", name="page", exact=True)
            assert link.evaluate("link => link.search") == query
    # another theme or template cannot be asked for: it would link what is on other hosts
    for theme, told in (("dark", "theme-dark"), ("x", "theme-light")):
        query = {"theme": theme, "template": "lab"}
        body = ask(address, place(address, "/voila/render/page.ipynb", **query))[2]
        assert told in body and not re.search(r"(src|href)=\W?(https?:)?//(?!127\.0\.0\.1)", body)
