"""The app's guard: what it passes on."""

from types import SimpleNamespace

from jupyter_server.services.kernels.connection.base import serialize_binary_message
from tornado.websocket import WebSocketHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from normtheory.pages.guard import guarded


def test_a_message_with_numbers_of_the_older_protocol_is_passed_on_as_it_is(monkeypatch):
    sent = []
    monkeypatch.setattr(WebSocketHandler, "write_message", lambda self, *args: sent.append(args))
    kind = guarded(VoilaKernelWebsocketHandler)
    handler = kind.__new__(kind)
    handler.ws_connection = SimpleNamespace(selected_subprotocol=None)
    data = serialize_binary_message({"header": {}, "buffers": [b"numbers"]})
    handler.write_message(data, binary=True)
    assert sent == [(data, True)]
    # which Voila alone would read as a list of so many offsets
    assert int.from_bytes(data[:8], "little") > 2**24
