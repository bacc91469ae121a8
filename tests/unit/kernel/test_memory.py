"""Tensors on the memory that they look at."""

from typing import Any

import torch

from cellmill.kernel.crossing.memory import Seen


def crossed(tensor: Any) -> Any:
    made, given = Seen(frozenset()).reduce(tensor, "torch.Tensor")
    return made(*given)


def test_a_conjugated_or_negated_view_stays_one() -> None:
    numbers = torch.tensor([1 + 2j, 3 - 4j])
    for view in (numbers.conj(), numbers.conj().imag, torch._neg_view(numbers).conj(), numbers[1:].conj()):
        again = crossed(view)
        assert torch.equal(again, view)
        assert (again.is_conj(), again.is_neg()) == (view.is_conj(), view.is_neg())
        assert again.data_ptr() == view.data_ptr()


def test_a_tensor_keeps_its_gradient_and_what_was_written_on_it() -> None:
    tensor = torch.tensor([1.0, 2.0], requires_grad=True)
    tensor.grad = torch.tensor([3.0, 3.0])
    tensor.name_of_it = "weights"  # type: ignore[attr-defined]
    again = crossed(tensor)
    assert (again.name_of_it, again.requires_grad, again.grad.tolist()) == ("weights", True, [3.0, 3.0])
