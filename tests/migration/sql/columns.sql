-- Check new columns exist
SELECT column_name FROM information_schema.columns
WHERE table_name = 'contacts' AND column_name LIKE 'pulse_%';
