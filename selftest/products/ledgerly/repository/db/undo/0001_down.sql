ALTER TABLE billing.invoices DROP COLUMN due_on, DROP COLUMN terms_days, DROP COLUMN reminder_level;
