-- When an invoice is due, and how often its customer was reminded.
ALTER TABLE billing.invoices
  ADD COLUMN due_on date,
  ADD COLUMN terms_days integer NOT NULL DEFAULT 30 CHECK (terms_days BETWEEN 0 AND 365),
  ADD COLUMN reminder_level smallint NOT NULL DEFAULT 0;

UPDATE billing.invoices SET due_on = issued_on + terms_days;

CREATE INDEX invoices_due ON billing.invoices (due_on) WHERE paid_on IS NULL;
