"""Finds trainings in plain PyTorch loops: the optimiser's steps of one cell that move the same parameters.

One training is one set of parameters in one execution, whatever stands around the steps: epochs, closures,
accumulation, a class of the user's own. Sets that are stepped in turn, as in adversarial training, are one
training of both. torch's own hooks tell of steps; of `backward` the loss is taken, of calls what was predicted.
"""

import functools
import sys
import weakref
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

from cellmill.capture.frames import pass_unseen
from cellmill.capture.observer import Observer, guarded
from cellmill.capture.probes.patching import PatchingProbe
from cellmill.capture.probes.torch_lines import Line, Lines
from cellmill.capture.probes.torch_loaders import Loaders
from cellmill.capture.probes.torch_loop import Loop, Part, kept
from cellmill.capture.probes.torch_owners import (
    Surroundings,
    as_array,
    class_of,
    first_rows_of,
    model_parameters,
    optimizer_parameters,
    surroundings_of,
    training_data,
    users_frame,
)
from cellmill.capture.probes.wrapping import unseen_by_warnings, wrapped_function
from cellmill.core.ids import ExecutionId, RunId

LIBRARY = "pytorch"


class PytorchProbe(PatchingProbe):
    """The probe of PyTorch."""

    modules = ("torch",)

    def __init__(self, observer: Observer, user_names: dict[str, object]) -> None:
        super().__init__(observer, user_names)
        self._lines = Lines(observer.recording)
        self._unhook: Callable[[], None] | None = None
        self._compiles = False
        self._is_traced: Callable[[], bool] = bool
        self._loaders = Loaders()

    def install(self, module: ModuleType) -> None:
        """Hook into steps, and take the losses from `backward`."""
        optimizer = sys.modules["torch.optim.optimizer"]
        self._is_traced = module.compiler.is_compiling
        for handle in (
            optimizer.register_optimizer_step_pre_hook(self._before_step),
            optimizer.register_optimizer_step_post_hook(self._after_step),
        ):
            self._undo.append(handle.remove)
        self.put(module.autograd, "backward", self._watched_backward(module.autograd.backward, module.Tensor))
        self.put(module.nn.Module, "eval", self._watched(module.nn.Module.eval))
        for context in (module.no_grad, module.inference_mode):
            self.put(context, "__enter__", self._watched(context.__enter__))
        for owner, of_optimizer in ((optimizer.Optimizer, True), (module.nn.Module, False)):
            self.put(owner, "zero_grad", self._watched_zeroing(owner.zero_grad, of_optimizer=of_optimizer))
        self.put(module, "compile", wrapped_function(module.compile, self._compile))
        if (data := sys.modules.get("torch.utils.data")) is not None:
            self.wrap(data.DataLoader, "__iter__", self._go_through)
        scaler = module.amp.GradScaler
        self.put(scaler, "scale", wrapped_function(scaler.scale, self._scale))

    def remove(self) -> None:
        """Put everything back."""
        self._watch_calls(False)
        super().remove()

    # --- data

    @unseen_by_warnings
    def _go_through(self, loader: Any, begin: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        iterator = begin(*args, **kwargs)
        self._gone_through(loader, iterator)
        return iterator

    @guarded
    def _gone_through(self, loader: Any, iterator: Any) -> None:
        if self._observer.is_watching and type(loader) is sys.modules["torch.utils.data"].DataLoader:
            self._loaders.begun(loader, iterator)

    # --- losses

    def _watched_backward(self, original: Any, tensor: Any) -> Any:
        # Written out, for it is called at each step: every function more is a microsecond.
        @functools.wraps(original)
        @unseen_by_warnings
        def backward(*args: Any, **kwargs: Any) -> Any:
            if args and type(args[0]) is tensor:
                line = self._lines.here()
                line.pending.take(args[0], in_step=line.in_step)
            try:
                return original(*args, **kwargs)
            except BaseException as error:
                pass_unseen(error)
                raise

        return backward

    def _watched_zeroing(self, original: Any, *, of_optimizer: bool) -> Any:
        lines, is_traced = self._lines, self._is_traced

        @functools.wraps(original)
        @unseen_by_warnings
        def zero_grad(owner: Any, *args: Any, **kwargs: Any) -> Any:
            if not is_traced() and not (line := lines.here()).in_step:
                line.pending.zeroed(owner if of_optimizer else None)
            try:
                return original(owner, *args, **kwargs)
            except BaseException as error:
                pass_unseen(error)
                raise

        return zero_grad

    @unseen_by_warnings
    def _scale(self, scale: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        scaled = scale(*args, **kwargs)
        self._scaled(args, scaled)
        return scaled

    @guarded
    def _scaled(self, args: tuple[Any, ...], scaled: Any) -> None:
        loss: Any = args[1] if len(args) > 1 else None
        if type(loss) is sys.modules["torch"].Tensor and loss is not scaled and not loss.dim():
            self._lines.here().pending.scaled(loss, scaled)

    # --- steps

    def _before_step(self, optimizer: Any, _args: Any, _kwargs: Any) -> None:
        if self._is_traced():
            return  # a compiled step: what is done here would be compiled with it, and torch would say so
        line = self._lines.here()
        part = line.known.get(id(optimizer))
        if part is None or part.is_over or part.optimizer() is not optimizer or line.waiting is not None:
            line.part = self._part_of(line, optimizer)
        else:
            line.part = part
            if self._unhook is not None and not line.wants_example:
                self._watch_calls(False)
        line.in_step = True

    def _after_step(self, optimizer: Any, _args: Any, _kwargs: Any) -> None:
        if self._is_traced() or not (line := self._lines.here()).in_step:
            return  # of a class whose parent's `step` is hooked as well
        line.in_step = False
        part, loss = line.part, line.pending.of_step(optimizer)
        if part is not None:
            part.steps += 1
            if loss is not None:
                part.losses.add(part.steps, loss)
            loop = line.current
            if loop is None:
                return
            if loop.steady is not None and part is not line.waiting:
                loop.steady.look()
            if loop.is_due():
                self._tell_so_far(loop)

    @guarded
    def _tell_so_far(self, loop: Loop) -> None:
        """Write the curves of a loop that goes on: the kernel may be killed before it ends."""
        self._write_curves(loop, so_far=True)

    def _write_curves(self, loop: Loop, *, so_far: bool = False) -> None:
        for name, values, steps in loop.curves(settle=so_far):
            if loop.run is not None:
                self._observer.curve(loop.run, name, values, steps, so_far=so_far)

    @guarded
    def _part_of(self, line: Line, optimizer: Any) -> Part | None:
        """An optimiser steps that did not step before, or not in this cell: to which training does it belong?"""
        execution = self.recording.execution
        if execution is None:
            return None
        if not self._observer.is_watching:
            if self._unhook is not None:  # a step of Lightning's, say
                self._watch_calls(False)
                self._observer.when_execution_ends("calls of modules", partial(self._watch_calls, True))
            return None
        key = frozenset(id(p) for group in optimizer.param_groups for p in group["params"])
        if not key:
            return None
        loop, waiting = line.current, line.waiting
        if loop is None:
            shared = self._lines.part_elsewhere(key)
            if shared is None:
                return self._begin(line, execution, Part(key, optimizer), optimizer)
            line.known[id(optimizer)] = shared
            return shared
        part = next((part for part in loop.parts if part.trains(key)), None)
        if part is not None:
            if waiting is not None:
                self._join(line, loop, waiting)
            line.known[id(optimizer)] = part
            part.optimizer = weakref.ref(optimizer)
            return part
        if waiting is not None and waiting.trains(key):
            if any(ended.trains(key) for ended in line.ended):
                self._join(line, loop, waiting)  # they do take turns, each for more than a step
                return waiting
            self._finish(line, loop)
            return self._begin(line, execution, waiting, optimizer)
        if waiting is not None:
            self._join(line, loop, waiting)
        line.waiting = Part(key, optimizer)
        return line.waiting

    def _begin(self, line: Line, execution: ExecutionId, part: Part, optimizer: Any, *, ends: bool = False) -> Part:
        """A training begins; one that `ends` was a single step, and its cell is over."""
        for left in self._lines.left(line):
            self._end(left)
        loop = line.current = Loop(execution, part)
        line.waiting = None
        line.known = {id(optimizer): part}
        self._lines.begins(line)
        found = surroundings_of([optimizer], self._user_names, self._loaders.going_on())
        loop.run = self._observer.training_started(
            library=LIBRARY,
            model_class=class_of(found),
            params={**optimizer_parameters([optimizer]), **model_parameters(found)},
            data=training_data(found),
            data_name=found.loader_name,
            kind="loop",
        )
        loop.steady = self.recording.values.steady(loop.run)
        self._hold(loop, found)
        if not ends:
            self._see_to_its_end(line, loop)
        self._watch_calls(True)
        return part

    def _see_to_its_end(self, line: Line, loop: Loop) -> None:
        is_threads = self.recording.execution_here() is None
        if self.recording.runs(loop.execution):
            end = f"the end of a loop in thread {loop.thread.ident}"
            self._observer.when_execution_ends(end, partial(self._cell_ended, line, loop))
        if is_threads or not self.recording.runs(loop.execution):  # a task's cell may have ended long ago
            line.follow(loop, partial(self._end_later, line))

    def _join(self, line: Line, loop: Loop, part: Part) -> None:
        """Two sets of parameters take turns: one training of both."""
        line.waiting = None
        loop.parts.append(part)
        if (optimizer := part.optimizer()) is not None:
            line.known[id(optimizer)] = part
        self._hold(loop, surroundings_of(loop.optimizers, self._user_names, self._loaders.going_on()))

    def _hold(self, loop: Loop, found: Surroundings) -> None:
        loop.hold(found, most_bytes=self.recording.settings.max_model_mb * 1_000_000)
        if loop.run is not None:
            for module in loop.models().values():
                self._observer.remember_model(module, loop.run)

    # --- the end

    def _cell_ended(self, line: Line, loop: Loop) -> None:
        """The cell has ended, and with it what it trained, unless a thread or a task goes on with that."""
        loop = line.current or loop  # the last one of several
        if not loop.goes_on():
            self._end(line)
        elif not loop.is_followed:
            line.follow(loop, partial(self._end_later, line))

    @guarded
    def _end_later(self, line: Line, loop: Loop) -> None:
        if line.current is loop:
            self._end(line)

    def _end(self, line: Line) -> None:
        loop, waiting = line.current, line.waiting
        if loop is None or not loop.claims_end():
            return
        try:
            self._finish(line, loop, may_have_failed=True)
            optimizer = waiting.optimizer() if waiting is not None else None
            if waiting is not None and optimizer is not None:
                self._begin(line, loop.execution, waiting, optimizer, ends=True)
                if line.current is not None:
                    self._finish(line, line.current)
        finally:
            self._lines.ends(line)
        self._watch_calls(True)

    @guarded
    def _finish(self, line: Line, loop: Loop, *, may_have_failed: bool = False) -> None:
        line.ended += loop.parts
        for part in loop.parts:
            part.is_over = True
        with self._observer.around(training=True):
            pass  # no thread is in the middle of this training any more
        run = loop.run
        if run is None:
            return
        self._write_curves(loop)
        error = loop.error(self.recording.ending) if may_have_failed else None
        if error is not None:
            self._observer.training_raised(run, error)
            return
        if not (models := loop.models()):
            self._observer.training_ended(run, note="no module that holds the parameters was there at the end")
            return
        for module in models.values():
            self._observer.remember_model(module, run)
        params = loop.parameters()
        self._observer.training_finished(run, kept(models), data=loop.example, flavor=LIBRARY, params=params)

    # --- calls of the model

    def _watch_calls(self, wanted: bool) -> None:
        """Look at calls of modules, or no longer: while a loop trains, each would pay for it.

        What torch compiles it would compile again when this comes and goes: so then it is not there.
        """
        if wanted and self._unhook is None and not self._compiles:
            module = sys.modules["torch"].nn.Module
            original = module._call_impl
            module._call_impl = self._watched_call(original)
            self._unhook = partial(setattr, module, "_call_impl", original)
        elif not wanted and self._unhook is not None:
            self._unhook()
            self._unhook = None

    def _watched_call(self, original: Any) -> Any:
        """Not torch's own forward hook: with one it calls modules another way, which tracebacks show."""
        is_traced = self._is_traced

        @functools.wraps(original)
        @unseen_by_warnings
        def _call_impl(module: Any, *args: Any, **kwargs: Any) -> Any:
            if is_traced():
                return original(module, *args, **kwargs)
            try:
                output = original(module, *args, **kwargs)
            except BaseException as error:
                pass_unseen(error)
                raise
            self._called(module, args, output)
            return output

        return _call_impl

    @unseen_by_warnings
    def _compile(self, compiles: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        self._compiles = True
        self._watch_calls(False)
        return compiles(*args, **kwargs)

    def _watched(self, original: Any) -> Any:
        """Between steps, `eval` and `no_grad` say that what comes next is no training."""

        def around(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            if self._unhook is None and not self._lines.here().in_step:
                # This function, what stands in its place, and who called that.
                module = str(sys._getframe(2).f_globals.get("__name__"))
                if not module.startswith("torch."):
                    self._evaluates()
            return function(*args, **kwargs)

        return wrapped_function(original, unseen_by_warnings(around))

    @guarded
    def _evaluates(self) -> None:
        if self._observer.is_watching:
            self._watch_calls(True)

    def _called(self, module: Any, args: Any, output: Any) -> None:
        loop = self._lines.here().current
        if loop is not None and loop.wants_example and loop.is_model(module):
            self._take_example(loop, args)
        run = self._observer.run_of(module)
        if run is not None and self._observer.is_watching:
            self._module_predicted(run, module, args, output)

    @guarded
    def _take_example(self, loop: Loop, args: Any) -> None:
        loop.wants_example = False
        if len(args) == 1:
            loop.example = first_rows_of(args[0])

    @guarded
    def _module_predicted(self, run: RunId, module: Any, args: Any, output: Any) -> None:
        torch = sys.modules["torch"]
        if self._lines.here().current is not None and module.training and torch.is_grad_enabled():
            return  # a step of the loop
        data: Any = args[0] if args else None
        name = self.name(data, users_frame(), 0)
        if type(data) is torch.Tensor:
            data = as_array(data) if data.is_cpu else None
        self._observer.predicted(run, output, data=data, data_name=name)
