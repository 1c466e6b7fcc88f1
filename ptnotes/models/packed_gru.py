"""A bidirectional GRU over packed sequences of codes, on the CPU in less time than torch's own.

The arithmetic is nn.GRU's; what differs is how it is laid out, in the order of what it saves:

- The backward direction is a forward walk over the reversed sequences, and these have the same
  lengths: both directions take each step in one batched product, which two threads share.
- The gradients of the weights are one product over all steps, not a product and a sum per step.
- What the first layer makes of a code is computed per code of the alphabet, not per place.
- The first step has no state before it to multiply.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.utils.rnn import pack_padded_sequence


class Places(NamedTuple):
    """Where the elements (E) of N packed sequences lie: step by step, the longest sequence first.

    ``sizes`` are the steps' elements. ``mirrored`` (E) is the place of the element that stands
    there in the reversed sequence, ``previous`` (E - N) of the one before, from the second step
    on, ``last`` (N) of each sequence's last one.
    """

    sizes: list[int]
    mirrored: Tensor
    previous: Tensor
    last: Tensor


def places(sizes: Tensor, lengths: Tensor) -> Places:
    """From a PackedSequence's ``batch_sizes`` (steps) and the lengths (N), the longest first."""
    starts = sizes.cumsum(0) - sizes
    step = torch.repeat_interleave(torch.arange(len(sizes)), sizes)  # (E)
    sequence = torch.arange(len(step)) - starts[step]  # (E)
    later = slice(len(lengths), None)
    return Places(
        sizes.tolist(),
        mirrored=starts[lengths[sequence] - 1 - step] + sequence,
        previous=starts[step[later] - 1] + sequence[later],
        last=starts[lengths - 1] + torch.arange(len(lengths)),
    )


class _Steps(torch.autograd.Function):
    """A layer's recurrence in D directions: r, z = σ(i + W h), n = tanh(i + r (W h + b)),
    h ← n + z (h - n).
    """

    @staticmethod
    def forward(
        ctx: Any, inputs: Tensor, weight: Tensor, bias: Tensor, sizes: list[int], previous: Tensor
    ) -> Tensor:
        """What the inputs add to the gates (D, E, 3H), ``weight`` (D, 3H, H), ``bias`` of the
        new gate (D, 1, H) → the states (D, E, H).
        """
        directions, elements, width = inputs.shape
        hidden = width // 3
        rz = inputs.new_empty(directions, elements, 2 * hidden)
        new, recurrent, states = (inputs.new_empty(directions, elements, hidden) for _ in range(3))
        inputs_rz, inputs_new = inputs.split([2 * hidden, hidden], dim=2)
        turned = weight.transpose(1, 2)
        state = None
        for i_rz, i_new, rz_, n, w, h in zip(
            *(each.split(sizes, 1) for each in (inputs_rz, inputs_new, rz, new, recurrent, states)),
            strict=True,
        ):
            r, z = rz_.split(hidden, dim=2)
            if state is None:
                torch.sigmoid(i_rz, out=rz_)
                w.copy_(bias.expand_as(w))
                torch.addcmul(i_new, r, w, out=n).tanh_()
                torch.addcmul(n, n, z, value=-1, out=h)
            else:
                state = state[:, : h.shape[1]]  # of the sequences that go on
                product = torch.bmm(state, turned)
                torch.add(i_rz, product[:, :, : 2 * hidden], out=rz_).sigmoid_()
                torch.add(product[:, :, 2 * hidden :], bias, out=w)
                torch.addcmul(i_new, r, w, out=n).tanh_()
                torch.lerp(n, state, z, out=h)
            state = h
        ctx.save_for_backward(weight, rz, new, recurrent, states, previous)
        ctx.sizes = sizes
        return states

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        weight, rz, new, recurrent, states, previous = ctx.saved_tensors
        sizes, (directions, elements, hidden) = ctx.sizes, new.shape
        r, z = rz.split(hidden, dim=2)
        first = sizes[0]
        before = states.index_select(1, previous)  # (D, E - N, H); the first step's are zero

        # by what a state's gradient is multiplied for r, z and for W h + b of the new gate
        factors = new.new_empty(directions, elements, 3, hidden)
        of_r, of_z, of_recurrent = factors.unbind(2)
        of_new = (1 - z).mul_(1 - new * new)
        slope = z * (1 - z)
        torch.mul(new[:, :first], slope[:, :first], out=of_z[:, :first]).neg_()
        torch.mul(before - new[:, first:], slope[:, first:], out=of_z[:, first:])
        torch.mul(of_new, r, out=of_recurrent)
        torch.mul(of_recurrent, recurrent * (1 - r), out=of_r)

        grads = torch.empty_like(factors)
        products = grads.view(directions, elements, 3 * hidden)
        grad = grad.clone()
        steps = [each.split(sizes, 1) for each in (grad, z, factors, grads, products)]
        for step in reversed(range(len(sizes))):
            g, z_, factor, out, product = (each[step] for each in steps)
            torch.mul(factor, g.unsqueeze(2), out=out)
            if step:
                one_before = steps[0][step - 1][:, : g.shape[1]]
                one_before.addcmul_(g, z_).add_(torch.bmm(product, weight))

        of_weight = torch.bmm(products[:, first:].transpose(1, 2), before)
        of_bias = grads[:, :, 2].sum(1, keepdim=True)
        torch.mul(of_new, grad, out=grads[:, :, 2])  # from here on the gradients of the inputs
        return products, of_weight, of_bias, None, None


def _stacked(gru: nn.GRU, name: str, layer: int) -> Tensor:
    """A parameter of both directions."""
    ends = ("", "_reverse")
    return torch.stack([getattr(gru, f"{name}_l{layer}{end}") for end in ends])


def final_states(embedding: nn.Embedding, gru: nn.GRU, codes: Tensor, lengths: Tensor) -> Tensor:
    """Codes (N, S), lengths (N) on the CPU in descending order → (2, N, H): the last layer's state
    after the last code, and that of the backward direction after the first.

    The same as ``gru`` of what ``embedding`` makes of the codes, packed; ``gru`` is bidirectional,
    with biases, and begins with zeros.
    """
    if codes.device.type != "cpu":
        _, hidden = gru(pack_padded_sequence(embedding(codes.t()), lengths))
        return hidden[-2:]  # type: ignore[no-any-return]
    packed = pack_padded_sequence(codes.t(), lengths)
    sizes, mirrored, previous, last = places(packed.batch_sizes, lengths)
    width = 2 * gru.hidden_size  # of the gates r and z
    states = embedding.weight  # what comes in from below
    for layer in range(gru.num_layers):
        w_ih, w_hh, b_ih, b_hh = (
            _stacked(gru, name, layer) for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        bias = torch.cat([b_ih[:, :width] + b_hh[:, :width], b_ih[:, width:]], 1).unsqueeze(1)
        if layer == 0:
            table = torch.baddbmm(bias, states.expand(2, -1, -1), w_ih.transpose(1, 2))
            places_in_table = [packed.data, packed.data[mirrored] + embedding.num_embeddings]
            inputs = table.flatten(0, 1).index_select(0, torch.cat(places_in_table))
            inputs = inputs.view(2, len(mirrored), -1)  # (2, E, 3H)
        else:
            forward, backward = states
            below = torch.cat([forward, backward.index_select(0, mirrored)], 1)  # (E, 2H)
            both_ways = torch.stack([below, below.index_select(0, mirrored)])
            inputs = torch.baddbmm(bias, both_ways, w_ih.transpose(1, 2))
        bias = b_hh[:, width:].unsqueeze(1)
        states = _Steps.apply(inputs, w_hh, bias, sizes, previous)  # (2, E, H)
    return states.index_select(1, last)
