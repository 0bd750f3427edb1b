"""The app's guard: what it passes on."""

import logging
import sys
from types import SimpleNamespace

import pytest
from jupyter_server.services.kernels.connection.base import serialize_binary_message
from nbclient.exceptions import CellExecutionError, DeadKernelError
from tornado.websocket import WebSocketClosedError, WebSocketHandler
from voila.tornado.execution_request_handler import ExecutionRequestHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from normtheory.pages.guard import guarded, telling


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


def test_a_page_that_is_left_before_it_runs_closes_in_silence():
    kind = guarded(ExecutionRequestHandler)
    left = kind.__new__(kind)
    with pytest.raises(AttributeError):
        super(kind.__mro__[1], left).on_close()  # what Voila does
    left.on_close()


def test_an_answer_to_a_page_that_was_left_is_no_error(caplog):
    kind = guarded(ExecutionRequestHandler)
    left = kind.__new__(kind)
    left.request = SimpleNamespace(method="GET", path="/here")
    left.application = SimpleNamespace(settings={})
    for error in (WebSocketClosedError(), ArithmeticError("one too many")):
        try:
            raise error
        except type(error):
            left.log_exception(*sys.exc_info())
    assert "one too many" in caplog.text and "Closed" not in caplog.text


@pytest.mark.parametrize(("error", "told"), [(DeadKernelError, False), (CellExecutionError, True)])
def test_the_traceback_of_a_cell_is_told_unless_its_kernel_has_died(error, told):
    raised = error("so", "E", "so") if error is CellExecutionError else error("so")
    made = logging.LogRecord("App", logging.ERROR, "", 0, "Error", (), (error, raised, None))
    assert telling(made) == told
    assert telling(logging.LogRecord("App", logging.ERROR, "", 0, "Error", (), None))
