"""What the tables must hold: the log, read and folded apart from the product, compared with Postgres row by row.

    from oracle import assert_equal_to_log
    assert_equal_to_log(namespace)
"""

from oracle.compare import assert_equal_to_log, differences

__all__ = ["assert_equal_to_log", "differences"]
