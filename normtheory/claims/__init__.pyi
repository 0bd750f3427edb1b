# The public names and where they are: for static tools and for `lazy_loader`, which reads this.

from .badge import STATES as STATES
from .badge import Standing as Standing
from .claim import Claim as Claim
from .claim import Parameter as Parameter
from .claim import half_line as half_line
from .inspection import Inspection as Inspection
from .inspection import inspect_activations as inspect_activations
from .ledger import DOCUMENTS as DOCUMENTS
from .ledger import claims as claims
from .ledger import select as select
from .ledger import verify as verify
from .recorded import read_activations as read_activations
from .sentence import Later as Later
from .sentence import sp as sp
