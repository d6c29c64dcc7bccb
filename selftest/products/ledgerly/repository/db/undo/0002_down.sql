DROP TABLE billing.payments;
DROP FUNCTION billing.mark_paid();
