"""One background job at a time: the latest wins, and the one before is told to stop."""

import threading


class Worker:
    """Runs `job(stopped)` on a thread; `stopped` is an Event that the job looks at."""

    def __init__(self):
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread = None

    def start(self, job):
        """Stop the present job and run `job` in its place."""
        with self._lock:
            self._stopped.set()
            self._stopped = stopped = threading.Event()
            self._thread = threading.Thread(target=job, args=(stopped,), daemon=True)
            self._thread.start()

    def cancel(self):
        """Tell the present job to stop; returns at once."""
        with self._lock:
            self._stopped.set()

    def wait(self, timeout=None):
        """Wait until the present job has ended; whether it has."""
        thread = self._thread
        if thread is not None:
            thread.join(timeout)
        return thread is None or not thread.is_alive()
