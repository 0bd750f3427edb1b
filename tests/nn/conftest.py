import pytest
import torch

DEVICES = ["cpu"] + (["cuda"] if torch.cuda.is_available() else [])


@pytest.fixture(params=DEVICES)
def device(request):
    return torch.device(request.param)


@pytest.fixture
def draw(device):
    """Standard normal tensors, the same in every run, on the device under test."""
    generator = torch.Generator().manual_seed(0)

    def draw(*shape, dtype=torch.float32, requires_grad=False, scale=1.0):
        values = torch.randn(*shape, generator=generator, dtype=torch.float64) * scale
        return values.to(device, dtype).requires_grad_(requires_grad)

    return draw


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)
