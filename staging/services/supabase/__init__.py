"""Stand-in for Supabase: one project's data, sign-in and management over a real PostgreSQL."""

from staging.services.supabase.service import Supabase

__all__ = ["Supabase"]
