-- Check indexes
SELECT indexname FROM pg_indexes
WHERE tablename = 'contacts' AND indexname LIKE 'idx_contacts_pulse%';
