-- Check tables created
SELECT tablename FROM pg_tables
WHERE tablename IN ('pulse_contact_interactions', 'entity_mappings');
