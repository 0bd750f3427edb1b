"""Voila behind a guard: every answer carries one policy, no line of the log a token.

The pages have no script of their own between their tags, so that the policy can forbid all of them
and needs no nonces: what a page runs comes from this server, or is a widget's module, which the
browser loads from a blob. There is no 'unsafe-eval' either.
"""

import logging
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from traceback import extract_tb

from jupyter_server.base.handlers import JupyterHandler, Template404
from nbclient.exceptions import DeadKernelError
from tornado.httputil import responses
from tornado.ioloop import IOLoop
from tornado.web import HTTPError, authenticated
from tornado.websocket import WebSocketClosedError
from voila.app import Voila
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from normtheory.pages.front import front

POLICY = {
    "default-src": "'none'",
    "script-src": "'self' blob:",
    "style-src": "'self' 'unsafe-inline'",  # widgets place themselves by style attributes
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "form-action": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
HEADERS = {
    "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in POLICY.items()),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class Guarded(JupyterHandler):
    """What all handlers have in common. It wants a token: Voila's handlers of files do not."""

    def set_default_headers(self):
        """Set the headers of every answer; some handlers take their parents' back."""
        super().set_default_headers()
        for name, value in HEADERS.items():
            self.set_header(name, value)

    def set_cookie(self, name, value, **options):
        """Set a cookie that no other site's link sends along."""
        super().set_cookie(name, value, **{**options, "samesite": "Strict"})

    def write_error(self, status_code, **_):
        """Say what happened in the words of HTTP, and nothing of the request or the code."""
        self.set_header("Content-Type", "text/html; charset=UTF-8")
        template = self.settings["jinja2_env"].get_template("error.html")
        self.finish(template.render(status=status_code, reason=responses.get(status_code, "Error")))

    def write_message(self, message, binary=False):
        """Send a kernel's message to the page, as it is where it is of the older protocol: Voila
        would take its first bytes for a number of offsets, and read them for ever."""
        older = isinstance(message, bytes) and self.selected_subprotocol is None
        above = super(VoilaKernelWebsocketHandler, self) if older else super()
        return above.write_message(message, binary)

    def on_close(self):
        """Forget a connection; Voila's own asks for what a page has not that is left at once."""
        with suppress(AttributeError):
            super().on_close()

    def log_exception(self, kind, error, trace):
        """Log an error in one line; `log_request` has one for each that is an answer, and a page
        that was left has none."""
        if not isinstance(error, HTTPError | WebSocketClosedError):
            last = extract_tb(trace)[-1]
            place = f"{Path(last.filename).name}:{last.lineno}"
            self.log.error(
                "%s %s: %s: %s (%s)",
                self.request.method,
                self.request.path,
                kind.__name__,
                error,
                place,
            )


class Ending(VoilaShutdownKernelHandler):
    """Ends the kernel of a page that was left: at once, since one that is asked to end while it
    computes prints a traceback."""

    @authenticated
    async def post(self, kernel_id):
        """End it."""
        await self.kernel_manager.shutdown_kernel(kernel_id, now=True)
        self.set_status(204)
        self.finish()


def guarded(handler):
    """A handler class with all that is `Guarded`."""
    return type(handler.__name__, (Guarded, handler), {})


def log_request(handler):
    """Log a request that failed, without its query."""
    if handler.get_status() >= 400:
        request = handler.request
        handler.log.warning("%d %s %s", handler.get_status(), request.method, request.path)


class App(Voila):
    """Voila with guarded handlers, and its address on the console instead of in the log."""

    folder = "."  # of the notebooks

    def init_settings(self):
        """Voila's settings for tornado, and ours."""
        settings = super().init_settings()
        pages, token = settings["voila_jinja2_env"], self.identity_provider.token
        pages.globals["token"] = token
        # seconds of work, done while the reader's browser starts
        made = ThreadPoolExecutor(1).submit(front, self.folder, self.base_url)
        pages.globals["front"] = made.result
        if token:
            hide(token)
        self.log.addFilter(telling)
        return {
            **settings,
            "jinja2_env": pages,
            "log_function": log_request,
            "default_handler_class": guarded(Template404),
            # a name that resolves to this machine is not enough to be served
            "allow_remote_access": False,
            "cross_origin_protection": True,
        }

    def init_handlers(self):
        """Voila's handlers, guarded."""
        ours = {VoilaShutdownKernelHandler: Ending}
        found = super().init_handlers()
        return [(path, guarded(ours.get(each, each)), *rest) for path, each, *rest in found]

    @property
    def display_url(self):
        """The address as it is logged."""
        return self.connection_url

    def start(self):
        """Serve until interrupted."""
        IOLoop.current().add_callback(self._tell_address)
        super().start()

    def _tell_address(self):
        address = f"{self.connection_url}?token={self.identity_provider.token}"
        print(f"To open the pages, use this address:\n{address}", file=sys.stderr, flush=True)


def telling(record):
    """Whether a record of the log is more than the traceback of a cell whose kernel has died: that
    it has, a line before it says."""
    return not (record.exc_info and isinstance(record.exc_info[1], DeadKernelError))


def hide(secret):
    """Replace a secret in whatever this process logs from now on."""
    make = logging.getLogRecordFactory()

    def record(*arguments, **options):
        made = make(*arguments, **options)
        made.msg, made.args = made.getMessage().replace(secret, "[token]"), None
        return made

    logging.setLogRecordFactory(record)
