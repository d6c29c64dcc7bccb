-- Payments, one row each; an invoice is paid when its payments reach its total.
CREATE TABLE billing.payments (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  invoice_id integer NOT NULL REFERENCES billing.invoices (id) ON DELETE CASCADE,
  amount_cents bigint NOT NULL CHECK (amount_cents > 0),
  method text NOT NULL DEFAULT 'transfer',
  received_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE billing.payments ENABLE ROW LEVEL SECURITY;

CREATE INDEX payments_of_invoice ON billing.payments (invoice_id, received_at);

CREATE FUNCTION billing.mark_paid() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE billing.invoices i SET paid_on = NEW.received_at::date
  WHERE i.id = NEW.invoice_id AND i.paid_on IS NULL
    AND i.total_cents <= (SELECT sum(amount_cents) FROM billing.payments WHERE invoice_id = i.id);
  RETURN NEW;
END
$$;
CREATE TRIGGER payment_marks_invoice AFTER INSERT ON billing.payments
  FOR EACH ROW EXECUTE FUNCTION billing.mark_paid();
