"""Skills: functions that are checked and, once people approved them, become modules and tools."""
