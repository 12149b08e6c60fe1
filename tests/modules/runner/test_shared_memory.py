"""What docs/decisions/0006 says that modules cannot do."""

from collections.abc import Callable

from modules.runner import Pool, Spec, in_force
from tests.modules.real import World

Make = Callable[..., Spec]


def test_shared_memory_is_there_only_where_it_is_a_modules_own(module: Make, pool: Pool, world: World) -> None:
    result = pool.run(module("import multiprocessing\nreturn type(multiprocessing.Lock()).__name__"), None, world)
    if in_force().kind == "landlock":
        assert (result.state, result.error.partition(":")[0]) == ("failed", "PermissionError")
    else:
        assert result.output == "Lock"
