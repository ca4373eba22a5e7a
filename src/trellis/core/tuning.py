"""PostgreSQL's settings for the machine it finds itself on."""

from __future__ import annotations

from trellis.core import machine
from trellis.core.machine import MB


def settings() -> dict[str, str]:
    """PostgreSQL's settings for this machine, which it shares with web and worker."""
    memory, cores = machine.memory() // MB, machine.cores()
    parallel = max(1, min(4, cores // 2))
    return {
        "shared_buffers": f"{_clamp(memory // 5, 64, 8192)}MB",
        "effective_cache_size": f"{max(128, memory // 2)}MB",
        "work_mem": f"{_clamp(memory // 256, 4, 64)}MB",
        "maintenance_work_mem": f"{_clamp(memory // 16, 32, 1024)}MB",
        "huge_pages": "try",
        "max_connections": "120",
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "max_logical_replication_workers": "0",
        "wal_compression": "on",
        "recovery_init_sync_method": "syncfs",
        "max_wal_size": "4GB",
        "min_wal_size": "256MB",
        "checkpoint_timeout": "15min",
        "random_page_cost": "1.1",
        "jit": "off",
        "max_parallel_workers": str(max(2, cores)),
        "max_parallel_workers_per_gather": str(parallel),
        "max_parallel_maintenance_workers": str(parallel),
        "autovacuum_vacuum_scale_factor": "0.05",
        "autovacuum_analyze_scale_factor": "0.05",
        "autovacuum_vacuum_cost_limit": "2000",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] ",
        "log_min_duration_statement": "5s",
        "log_checkpoints": "off",
    }


def _clamp(value: int, low: int, high: int) -> int:
    return max(low, min(high, value))
